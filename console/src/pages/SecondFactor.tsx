import { Alert, Button, Code, Group, List, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isRecord, postJson } from "../api/client";
import { text } from "../api/lists";
import { SESSION, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";

const API = "/console/api/second-factor";

/** Turns the second factor of the person's own sign-in on and off. */
export function SecondFactor() {
  const { t } = useI18n();
  const { second_factor } = useSession();
  // What setting up has brought is shown until the page is left, also after the session knows it.
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <Recovery codes={codes} kept={() => setCodes(null)} />;
  return second_factor.on ? <Stack maw={520}><Text>{t("factor.on")}</Text><Remove /></Stack> : <SetUp done={setCodes} />;
}

function SetUp({ done }: { done: (codes: string[]) => void }) {
  const { t } = useI18n();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const begin = useMutation({ mutationFn: () => postJson(API, { password }), onSuccess: () => setPassword("") });
  const confirm = useMutation({
    mutationFn: () => postJson(`${API}/confirm`, { code }),
    onSuccess: (answer) => {
      const given = isRecord(answer) ? answer["recovery_codes"] : [];
      done(Array.isArray(given) ? given.map(String) : []);
    },
  });
  const made = isRecord(begin.data) ? begin.data : null;
  if (!made) {
    return (
      <form onSubmit={(event) => { event.preventDefault(); begin.mutate(); }}>
        <Stack maw={520}>
          <Text>{t("factor.about")}</Text>
          <PasswordInput maw={420} label={t("field.old")} required autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
          <Fault error={begin.error} />
          <Group><Button type="submit" loading={begin.isPending}>{t("factor.begin")}</Button></Group>
        </Stack>
      </form>
    );
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); confirm.mutate(); }}>
      <Stack maw={520}>
        <Text>{t("factor.scan")}</Text>
        <img src={`data:image/svg+xml;utf8,${encodeURIComponent(text(made, "qr"))}`} alt={t("factor.qr")} width={220} height={220} style={{ background: "#fff", padding: 8, borderRadius: 8 }} />
        <Text>{t("factor.type")} <Code style={{ overflowWrap: "anywhere" }}>{text(made, "secret").replaceAll(/(.{4})(?=.)/g, "$1 ")}</Code></Text>
        <CodeInput value={code} set={setCode} label={t("factor.code")} />
        <Fault error={confirm.error} />
        <Group><Button type="submit" loading={confirm.isPending}>{t("factor.confirm")}</Button></Group>
      </Stack>
    </form>
  );
}

/** Six digits as the app shows them, or where it is taken, a recovery code. */
export function CodeInput({ value, set, label, description, focus = false }: { value: string; set: (value: string) => void; label: string; description?: string; focus?: boolean }) {
  return <TextInput maw={420} label={label} {...(description ? { description } : {})} required maxLength={24} inputMode={description ? "text" : "numeric"} autoComplete="one-time-code" autoFocus={focus} value={value} onChange={(event) => set(event.currentTarget.value)} />;
}

function Recovery({ codes, kept }: { codes: string[]; kept: () => void }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  return (
    <Stack maw={520}>
      <Alert variant="outline" role="status" title={t("factor.done")}>{t("factor.keep")}</Alert>
      <List listStyleType="none">{codes.map((code) => <List.Item key={code}><Code fz="md">{code}</Code></List.Item>)}</List>
      <Group>
        <Button variant="default" onClick={() => void navigator.clipboard.writeText(codes.join("\n"))}>{t("factor.copy")}</Button>
        <Button onClick={() => void queries.invalidateQueries({ queryKey: SESSION }).then(kept)}>{t("factor.kept")}</Button>
      </Group>
    </Stack>
  );
}

function Remove() {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const remove = useMutation({ mutationFn: () => postJson(`${API}/remove`, { password }), onSuccess: () => queries.invalidateQueries({ queryKey: SESSION }) });
  return (
    <form onSubmit={(event) => { event.preventDefault(); remove.mutate(); }}>
      <Stack>
        <PasswordInput maw={420} label={t("field.old")} required autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
        <Fault error={remove.error} />
        <Group><Button type="submit" variant="outline" color="red" loading={remove.isPending}>{t("factor.off")}</Button></Group>
      </Stack>
    </form>
  );
}
