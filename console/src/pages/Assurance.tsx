import { Button, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { checks, owners, useAssuranceWords } from "../assurance/words";
import { nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange, useOne } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Listed } from "../shell/Rows";
import { When } from "../shell/show";

/** The numbers that must be 0, as the last proof of the books found them. */
export default function Assurance() {
  const { t, language } = useI18n();
  const w = useAssuranceWords();
  const f = useFormats();
  const { account_sid, top } = useSession();
  const { develop } = useMay();
  const path = `${nativePath(account_sid)}/Assurance.json`;
  const last = useOne(path);
  const prove = useChange();
  if (!top) return <Text>{t("app.notFound")}</Text>;
  const proof = last.data;
  const isProven = text(proof, "date_proven") !== "";
  const names = (row: Row) => (Array.isArray(row["named"]) ? row["named"].filter((name): name is string => typeof name === "string") : []);
  return (
    <Stack gap="lg">
      <Title order={1}>{t("nav.assurance")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <Fault error={last.error ?? prove.error} />
      {develop && <Group><Button loading={prove.isPending} onClick={() => prove.mutate({ path, form: {} })}>{w("prove")}</Button></Group>}
      {proof && !isProven && <Text>{w("never")}</Text>}
      {isProven && (
        <>
          <Title order={2} size="h3">{w(proof?.["sound"] === true ? "sound" : "unsound")}</Title>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Paper withBorder p="md"><Text size="sm" c="dimmed">{w("proven")}</Text><Text fw={700}><When value={text(proof, "date_proven")} /></Text></Paper>
            <Paper withBorder p="md"><Text size="sm" c="dimmed">{w("postings")}</Text><Text fw={700} size="xl">{f.number(text(proof, "postings"))}</Text></Paper>
          </SimpleGrid>
          {text(proof, "last_seal") && <Text size="sm">{`${w("seal")}: `}<Code style={{ overflowWrap: "anywhere" }}>{text(proof, "last_seal")}</Code><br />{w("seal.about")}</Text>}
        </>
      )}
      {proof && (
        <Listed shown={rows(proof["checks"])} title={w("check")} empty={w("none")} columns={[
          { label: w("check"), show: (row) => <>{named(checks, text(row, "name"), language)}<Text size="xs" c="dimmed">{text(row, "name")}</Text>{names(row).map((name) => <Code key={name} block mt="xs">{name}</Code>)}</> },
          { label: w("owner"), show: (row) => named(owners, text(row, "owner"), language) },
          { label: w("faults"), end: true, show: (row) => <Text span fw={Number(text(row, "faults")) > 0 ? 700 : 400} c={Number(text(row, "faults")) > 0 ? "red" : "inherit"}>{text(row, "faults") ? f.number(text(row, "faults")) : "–"}</Text> },
        ]} />
      )}
    </Stack>
  );
}
