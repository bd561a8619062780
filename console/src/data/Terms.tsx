import { Code, Loader, Stack, Table, Text, Title } from "@mantine/core";
import { rows, text } from "../api/lists";
import { useOne } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { classes, terms } from "./kinds";
import { useDataWords } from "./words";

/** How long what is kept in the installation, and what went. */
export function Terms({ account }: { account: string }) {
  const { t, language } = useI18n();
  const w = useDataWords();
  const f = useFormats();
  const report = useOne(`${account}/Retention.json`);
  const row = report.data;
  const gone = rows(row?.["gone"]);
  const night = text(row, "last_night");
  const table = (title: string, minWidth: number, heads: [string, boolean][], body: [string, React.ReactNode[]][]) => (
    <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": title } }}>
      <Table maw={900}>
        <Table.Thead><Table.Tr>{heads.map(([head, isFigure]) => <Table.Th key={head} {...(isFigure && { ta: "end" as const })}>{head}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{body.map(([key, cells]) => <Table.Tr key={key}>{cells.map((cell, at) => <Table.Td key={at} {...(heads[at]?.[1] && { ta: "end" as const })}>{cell}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("terms")}</Title>
      <Stack>
        <Text maw={760}>{w("terms.about")}</Text>
        <Fault error={report.error} />
        {report.isPending && <Loader aria-label={t("app.loading")} />}
        {row && (
          <>
            <Text>{`${night ? w("terms.night", { day: f.day(night) }) : w("terms.noNight")} ${w("terms.held", { number: f.number(text(row, "accounts_held")) })}`}</Text>
            {table(w("terms"), 560, [[w("data"), false], [w("terms.value"), true], [w("terms.bounds"), true]], rows(row["terms"]).map((term) => [text(term, "key"), [
              <>{named(terms, text(term, "key"), language)}<Text size="xs"><Code>{`retention.${text(term, "key")}`}</Code></Text></>,
              f.number(text(term, "value")),
              w("terms.range", { least: f.number(text(term, "least")), most: f.number(text(term, "most")) }),
            ]]))}
            <Title order={3} size="h4">{w("gone")}</Title>
            {gone.length === 0 ? <Text c="dimmed">{w("gone.none")}</Text> : table(w("gone"), 480, [[t("field.date"), false], [w("data"), false], [w("count"), true]], gone.map((it) => [`${text(it, "day")} ${text(it, "class")}`, [f.day(text(it, "day")), named(classes, text(it, "class"), language), f.number(text(it, "count"))]]))}
          </>
        )}
      </Stack>
    </section>
  );
}
