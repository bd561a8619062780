import { Anchor, Button, Group, Loader, Modal, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { nativePath } from "../api/client";
import { text } from "../api/lists";
import { useChange, useOne } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Answers } from "../lawful/Answers";
import { states, useLawfulWords } from "../lawful/words";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";

/** One request of an authority: what it asks, and what was found. */
export default function LawfulRequest() {
  const { t } = useI18n();
  const w = useLawfulWords();
  const { sid = "" } = useParams();
  const { account_sid, person } = useSession();
  const path = `${nativePath(account_sid)}/LawfulRequests/${encodeURIComponent(sid)}.json`;
  const one = useOne(path);
  const [refusing, setRefusing] = useState(false);
  const [reason, setReason] = useState("");
  const step = useChange(() => setRefusing(false));
  const row = one.data;
  const status = text(row, "status");
  return (
    <Stack gap="lg">
      <div>
        <Anchor component={Link} to="/lawful" underline="always">{w("all")}</Anchor>
        <Title order={1}>{w("one", { reference: text(row, "reference") })}</Title>
      </div>
      <Fault error={one.error ?? step.error} />
      {one.isPending && <Loader aria-label={t("app.loading")} />}
      {row && (
        <>
          <Group gap="xl">
            <Status row={row} words={states} />
            <Text>{`${w("due")}: `}<When value={text(row, "date_due")} />{row["late"] === true && ` (${w("late")})`}</Text>
            <Text>{`${w("received")}: `}<When value={text(row, "date_received")} /></Text>
          </Group>
          <Stack gap={4}>
            <Text>{`${w("authority")}: ${text(row, "authority")}`}</Text>
            <Text>{`${w("basis")}: ${text(row, "basis")}`}</Text>
            {text(row, "number") && <Text>{`${w("number.value")}: ${text(row, "number")}, ${w("number.at")} `}<When value={text(row, "at")} /></Text>}
            {text(row, "other") && <Text>{`${w("number.other")}: ${text(row, "other")}`}</Text>}
            {text(row, "call_sid") && <Text style={{ overflowWrap: "anywhere" }}>{`${w("call.value")}: ${text(row, "call_sid")}`}</Text>}
            {text(row, "message_sid") && <Text style={{ overflowWrap: "anywhere" }}>{`${w("message.value")}: ${text(row, "message_sid")}`}</Text>}
            <Text>{`${w("by")}: ${text(row, "opened_by") === person.sid ? person.email ?? "" : text(row, "opened_by")}`}</Text>
            {text(row, "refusal") && <Text>{w("refused", { reason: text(row, "refusal") })}</Text>}
          </Stack>
          {status !== "refused" && (
            <Group>
              <Button loading={step.isPending} onClick={() => step.mutate({ path, form: { Step: "answer" } })}>{w(status === "answered" ? "answer.again" : "answer")}</Button>
              {status === "open" && <Button variant="outline" color="red" onClick={() => { step.reset(); setRefusing(true); }}>{w("refuse")}</Button>}
            </Group>
          )}
          <section>
            <Title order={2} size="h3" mb="sm">{w("answers")}</Title>
            <Answers request={row} />
          </section>
        </>
      )}
      <Modal opened={refusing} onClose={() => setRefusing(false)} title={w("refuse")} closeButtonProps={{ "aria-label": w("refuse.not") }}>
        <form onSubmit={(event) => { event.preventDefault(); step.mutate({ path, form: { Step: "refuse", Reason: reason } }); }}>
          <Stack>
            <TextInput data-autofocus label={w("refuse.why")} required maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <Fault error={step.error} />
            <Group>
              <Button type="submit" color="red.9" loading={step.isPending}>{w("refuse.do")}</Button>
              <Button variant="default" onClick={() => setRefusing(false)}>{w("refuse.not")}</Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Stack>
  );
}
