import { Card, Code, Stack, Text, Title } from "@mantine/core";
import { isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { named } from "../i18n/words";
import { When } from "../shell/show";
import { statuses } from "../shell/statuses";
import { useLawfulWords } from "./words";

const GROUNDS = ["held", "proven", "call", "message", "use"] as const;

/** What was found each time somebody looked it up, the latest first. */
export function Answers({ request }: { request: Row }) {
  const w = useLawfulWords();
  const { person } = useSession();
  const answers = rows(request["answers"]).toReversed();
  if (answers.length === 0) return <Text c="dimmed">{w("answers.none")}</Text>;
  return (
    <Stack>
      {answers.map((answer, at) => {
        const findings = rows(answer["findings"]);
        return (
          <Card key={at} withBorder>
            <Text size="sm"><When value={text(answer, "date")} />{`, ${w("looked", { name: text(answer, "by") === person.sid ? person.email ?? "" : text(answer, "by") })}`}</Text>
            {findings.length === 0 && <Text mt="xs">{w("nothing")}</Text>}
            {findings.map((finding, place) => <Finding key={place} finding={finding} />)}
          </Card>
        );
      })}
    </Stack>
  );
}

function Finding({ finding }: { finding: Row }) {
  const { language } = useI18n();
  const w = useLawfulWords();
  const ground = GROUNDS.find((each) => each === text(finding, "ground"));
  const traffic = rows(finding["traffic"]);
  const held = [["since", text(finding, "since")], ["until", text(finding, "until")]] as const;
  return (
    <Stack gap={4} mt="md">
      <Title order={3} size="h5" style={{ overflowWrap: "anywhere" }}>{w("account", { sid: text(finding, "account_sid") })}</Title>
      <Text>
        {`${ground ? w(`ground.${ground}`) : text(finding, "ground")} · ${named(statuses, text(finding, "account_status"), language)}`}
        {held.filter(([, value]) => value).map(([side, value]) => <span key={side}>{` · ${w(side)} `}<When value={value} /></span>)}
      </Text>
      <Title order={4} size="h6" mt="xs">{w("holder")}</Title>
      {isRecord(finding["holder"]) ? <Holder holder={finding["holder"]} /> : <Text>{w("holder.none")}</Text>}
      {traffic.length > 0 && (
        <>
          <Title order={4} size="h6" mt="xs">{w("traffic")}</Title>
          <ul style={{ margin: 0 }}>
            {traffic.map((each, at) => <li key={at}><When value={text(each, "date")} />{` ${text(each, "from")} → ${text(each, "to")} `}<Code>{text(each, "resource")}</Code></li>)}
          </ul>
        </>
      )}
    </Stack>
  );
}

function Holder({ holder }: { holder: Row }) {
  const w = useLawfulWords();
  const lines = [[text(holder, "legal_name"), text(holder, "legal_form")], [text(holder, "street")], [text(holder, "post_code"), text(holder, "city"), text(holder, "country")], [text(holder, "email")]];
  return (
    <address style={{ fontStyle: "normal" }}>
      {lines.map((line) => line.filter(Boolean).join(" ")).filter(Boolean).map((line) => <Text key={line}>{line}</Text>)}
      {text(holder, "enterprise_number") && <Text>{`${w("enterprise")}: ${text(holder, "enterprise_number")}`}</Text>}
      {text(holder, "date_identified") && <Text>{`${w("identified")}: `}<When value={text(holder, "date_identified")} /></Text>}
    </address>
  );
}
