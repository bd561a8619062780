import { Button, Code, CopyButton, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useOne } from "../api/rows";
import { useSession } from "../api/session";
import { type Text as Words, useSpeaker } from "../i18n/words";
import { Fault } from "../shell/Fault";

const words = {
  "title": ["The account", "Het account", "Le compte", "Das Konto"],
  "about": ["Programs sign in with the account's sid and a key, or its auth token. Whoever has the token may do everything: a key can be taken back by itself.", "Programma’s melden zich aan met de sid van het account en een sleutel, of het auth-token. Wie het token heeft, mag alles; een sleutel kan apart ingetrokken worden.", "Les programmes se connectent avec le sid du compte et une clé, ou son jeton. Qui a le jeton peut tout ; une clé se retire seule.", "Programme melden sich mit der Sid des Kontos und einem Schlüssel an oder mit seinem Token. Wer das Token hat, darf alles; ein Schlüssel lässt sich einzeln zurücknehmen."],
  "sid": ["Account sid", "Account-sid", "Sid du compte", "Konto-Sid"],
  "token": ["Auth token", "Auth-token", "Jeton", "Token"],
  "show": ["Show the auth token", "Auth-token tonen", "Montrer le jeton", "Token zeigen"],
  "hide": ["Hide the auth token", "Auth-token verbergen", "Masquer le jeton", "Token verbergen"],
  "copy": ["Copy: {name}", "Kopiëren: {name}", "Copier : {name}", "Kopieren: {name}"],
  "copy.do": ["Copy", "Kopiëren", "Copier", "Kopieren"],
  "copied": ["Copied", "Gekopieerd", "Copié", "Kopiert"],
} satisfies Record<string, Words>;

/** What programs need to sign in. The token is asked for when it is to be seen, and for administrators alone. */
export function Credentials() {
  const w = useSpeaker(words);
  const { account_sid, person } = useSession();
  const [shown, setShown] = useState(false);
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="credentials">
      <Stack gap="sm">
        <Title order={2} size="h4" id="credentials">{w("title")}</Title>
        <Text size="sm" maw={760}>{w("about")}</Text>
        <Line label={w("sid")} value={account_sid} />
        {person.role === "administrator" && (shown ? <Token /> : null)}
        {person.role === "administrator" && <Group><Button size="xs" variant="default" aria-pressed={shown} onClick={() => setShown(!shown)}>{w(shown ? "hide" : "show")}</Button></Group>}
      </Stack>
    </Paper>
  );
}

function Token() {
  const w = useSpeaker(words);
  const { account_sid } = useSession();
  const account = useOne(`${accountPath(account_sid)}.json`);
  return <><Fault error={account.error} />{account.data && <Line label={w("token")} value={text(account.data, "auth_token")} />}</>;
}

function Line({ label, value }: { label: string; value: string }) {
  const w = useSpeaker(words);
  return (
    <Group gap="sm">
      <Text size="sm" fw={600} miw={110}>{label}</Text>
      <Code style={{ overflowWrap: "anywhere" }}>{value}</Code>
      <CopyButton value={value}>{({ copied, copy }) => <Button size="compact-xs" variant="default" aria-label={w("copy", { name: label })} onClick={copy}>{w(copied ? "copied" : "copy.do")}</Button>}</CopyButton>
    </Group>
  );
}
