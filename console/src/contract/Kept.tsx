import { Code, Paper, Stack, Text } from "@mantine/core";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { itemNamed } from "../shell/statuses";
import { useContractWords } from "./words";

/** Changes of prices that were announced, with the right to leave because of them. */
export function Notices({ notices, currency }: { notices: Row[]; currency: string }) {
  const { language } = useI18n();
  const w = useContractWords();
  const f = useFormats();
  if (notices.length === 0) return <Text c="dimmed">{w("notices.none")}</Text>;
  return (
    <Stack gap="xs">
      {notices.map((notice) => (
        <Paper key={text(notice, "sid")} withBorder p="md">
          <Text fw={600}>{w("notice", { date: f.instantDay(text(notice, "date_effective")), announced: f.instantDay(text(notice, "date_announced")) })}</Text>
          {rows(notice["changes"]).map((change) => <Text key={text(change, "item")}>{w("notice.change", { item: itemNamed(text(change, "item"), language), old: f.money(text(change, "old_price"), currency), new: f.money(text(change, "new_price"), currency) })}</Text>)}
          <Text size="sm">{notice["advantage"] === true ? w("notice.better") : w("notice.exit", { date: f.instantDay(text(notice, "date_exit_right_ends")) })}</Text>
        </Paper>
      ))}
    </Stack>
  );
}

/** What was agreed to: who, when, which sentence; and whether the record is as it was made. */
export function Acceptances({ kept }: { kept: Row[] }) {
  const w = useContractWords();
  const f = useFormats();
  if (kept.length === 0) return <Text c="dimmed">{w("proof.none")}</Text>;
  return (
    <Stack gap="xs">
      {kept.map((each) => {
        const terms = Array.isArray(each["terms"]) ? each["terms"].filter((name): name is string => typeof name === "string") : [];
        return (
          <Paper key={`${text(each, "summary_sid")} ${text(each, "date_accepted")}`} withBorder p="md">
            <Text fw={600}>{`“${text(each, "statement")}”`}</Text>
            <Text size="sm">{`${f.moment(text(each, "date_accepted"))} · ${w("proof.by", { user: text(each, "user"), ip: text(each, "ip"), channel: text(each, "channel") })}`}</Text>
            {terms.length > 0 && <Text size="sm">{`${w("proof.terms")}: ${terms.join(", ")}`}</Text>}
            <Text size="sm">{w(each["genuine"] === true ? "proof.genuine" : "proof.broken")}</Text>
            <Code style={{ overflowWrap: "anywhere" }}>{`${text(each, "plan")} · SHA-256 ${text(each, "summary_sha256")}`}</Code>
          </Paper>
        );
      })}
    </Stack>
  );
}
