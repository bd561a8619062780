import { Alert, Anchor, Button, Code, Group, Loader, Modal, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { nativePath, postJson } from "../api/client";
import { text } from "../api/lists";
import { useOne, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { named } from "../i18n/words";
import { Json } from "../runs/Json";
import { Replay } from "../runs/Replay";
import { Steps } from "../runs/Steps";
import { channels, outcomes, revisionOf } from "../runs/terms";
import { useRunWords } from "../runs/words";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";

/** How often one that runs is looked at, in milliseconds. */
const LIVE_MS = 2_000;

/** One execution of a flow: how it went, step by step, and what it remembers. */
export default function Execution() {
  const { t, language } = useI18n();
  const w = useRunWords();
  const { sid = "", execution = "" } = useParams();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const queries = useQueryClient();
  const path = `${nativePath(account_sid)}/Flows/${encodeURIComponent(sid)}/Executions/${encodeURIComponent(execution)}`;
  const [isLive, setLive] = useState(true);
  const one = useOne(`${path}.json`, isLive ? LIVE_MS : false);
  const steps = useRows(`${path}/Steps.json`, "steps", isLive ? LIVE_MS : false);
  const [sure, setSure] = useState(false);
  const end = useMutation({
    mutationFn: () => postJson(`${path}.json`, { status: "ended" }),
    onSuccess: async () => { setSure(false); await Promise.all([queries.invalidateQueries({ queryKey: ["one"] }), queries.invalidateQueries({ queryKey: ["rows"] })]); },
  });
  const row = one.data;
  const isActive = text(row, "status") === "active";
  // Its last steps are read once more after it ended.
  if (row && !isActive && isLive && steps.dataUpdatedAt > one.dataUpdatedAt) setLive(false);
  return (
    <Stack gap="lg">
      <div>
        <Anchor component={Link} to={`/flows/${sid}/executions`} underline="always">{w("all.link")}</Anchor>
        <Title order={1}>{w("one")}</Title>
        <Code>{execution}</Code>
      </div>
      <Fault error={one.error ?? steps.error} />
      {one.isPending && <Loader aria-label={t("app.loading")} />}
      {row && (
        <>
          <Group gap="xl">
            <Status row={{ status: text(row, "outcome") || text(row, "status") }} words={outcomes} />
            <When value={text(row, "date_created")} />
            <Text>{[named(channels, text(row, "channel"), language), text(row, "contact")].filter(Boolean).join(": ")}</Text>
            <Text>{`${w("revision")}: ${revisionOf(text(row, "revision"), w("draft"))}`}</Text>
          </Group>
          {text(row, "error") && <Alert variant="outline" color="red">{text(row, "error")}</Alert>}
          <Group gap="lg">
            <Anchor component={Link} to={`/flows/${sid}?run=${execution}`} underline="always">{w("canvas")}</Anchor>
            {text(row, "call_sid") && <Anchor component={Link} to={`/calls/${text(row, "call_sid")}`} underline="always">{w("call")}</Anchor>}
            {develop && isActive && <Button size="xs" variant="outline" color="red" onClick={() => { end.reset(); setSure(true); }}>{w("end")}</Button>}
          </Group>
          <section>
            <Title order={2} size="h3" mb="sm">{w("steps")}</Title>
            {steps.data && <Steps steps={steps.data} />}
          </section>
          {develop && !isActive && <Replay path={path} />}
          <section>
            <Title order={2} size="h3" mb="sm">{w("remembers")}</Title>
            <Json value={row["context"]} label={w("remembers")} />
          </section>
        </>
      )}
      <Modal opened={sure} onClose={() => setSure(false)} title={w("end")} closeButtonProps={{ "aria-label": w("end.not") }}>
        <Stack>
          <Alert variant="outline">{w("end.sure")}</Alert>
          <Fault error={end.error} />
          <Group>
            <Button color="red.9" loading={end.isPending} onClick={() => end.mutate()}>{w("end.do")}</Button>
            <Button variant="default" onClick={() => setSure(false)}>{w("end.not")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
