import { Button, Code, Paper, Stack, Text } from "@mantine/core";
import { type Row, rows, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { itemNamed } from "../shell/statuses";
import { type ContractWord, useContractWords } from "./words";

/** Changes of prices that were announced, with the right to leave because of them. */
export function Notices({ notices, currency, path, operator }: { notices: Row[]; currency: string; path: string; operator: boolean }) {
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
          {operator && <Letter notice={notice} path={path} />}
        </Paper>
      ))}
    </Stack>
  );
}

/** What became of the e-mail that brought a notice, for the operator, who sends it again. */
function Letter({ notice, path }: { notice: Row; path: string }) {
  const w = useContractWords();
  const f = useFormats();
  const again = useChange();
  const status = text(notice, "letter_status");
  const said: ContractWord | null = status === "sent" ? "letter.sent" : status === "posted" ? "letter.posted" : status === "queued" ? "letter.queued" : status === "failed" ? "letter.failed" : null;
  if (!said) return null;
  return (
    <Stack gap={4} align="start" mt="xs">
      <Text size="sm">{w(said, { date: f.moment(text(notice, "date_letter_sent")) })}</Text>
      <Fault error={again.error} />
      {status === "failed" && <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate({ path: `${path}/Notices/${text(notice, "sid")}/Letters.json`, form: {} })}>{w("letter.again")}</Button>}
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
