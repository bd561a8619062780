import { Alert, Button, Group, List, Modal, Paper, Progress, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, post, remove } from "../api/client";
import { type Row, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { each } from "./each";
import { boundForm, Fields } from "./Fields";
import { useNumberWords } from "./words";

/** What is done with several numbers at once: binding them all to one thing, or giving them back. Those that failed stay chosen. */
export function Several({ chosen, choose }: { chosen: readonly Row[]; choose: (rows: readonly Row[]) => void }) {
  const { t } = useI18n();
  const w = useNumberWords();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const [doing, setDoing] = useState<"bind" | "release" | null>(null);
  const [bound, setBound] = useState({ voice: "", messages: "", application: "" });
  const [done, setDone] = useState(0);
  const path = (row: Row) => `${accountPath(account_sid)}/IncomingPhoneNumbers/${text(row, "sid")}.json`;
  const work = useMutation({
    mutationFn: (what: "bind" | "release") => { setDone(0); return each(chosen, (row) => (what === "bind" ? post(path(row), boundForm(bound)) : remove(path(row))), setDone); },
    onSuccess: async (failed) => {
      await queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] });
      choose(failed.map(({ item }) => item));
      if (failed.length === 0) setDoing(null);
    },
  });
  const begin = (what: "bind" | "release") => { work.reset(); setDoing(what); };
  const count = { count: chosen.length };
  return (
    <>
      {chosen.length > 0 && (
        <Paper withBorder p="sm" component="section" aria-label={w("several", count)}>
          <Group>
            <Text fw={600} role="status">{w("several", count)}</Text>
            <Button size="xs" onClick={() => begin("bind")}>{w("several.bind")}</Button>
            <Button size="xs" variant="outline" color="red" onClick={() => begin("release")}>{w("several.release")}</Button>
            <Button size="xs" variant="default" onClick={() => choose([])}>{w("several.none")}</Button>
          </Group>
        </Paper>
      )}
      <Modal opened={doing !== null} onClose={() => setDoing(null)} title={doing === "release" ? w("several.release") : w("several.bind")} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        <form onSubmit={(event) => { event.preventDefault(); if (doing) work.mutate(doing); }}>
          <Stack>
            <Text style={{ overflowWrap: "anywhere" }}>{chosen.map((row) => text(row, "phone_number")).join(" · ")}</Text>
            {doing === "bind" && <Fields value={bound} set={setBound} />}
            {doing === "release" && <Alert variant="outline" color="red">{w("several.sure", count)}</Alert>}
            {work.isPending && <Progress.Root size="lg" aria-label={w("several.progress", { done, count: chosen.length })}><Progress.Section value={(100 * done) / chosen.length} aria-label={w("several.progress", { done, count: chosen.length })} /></Progress.Root>}
            {work.data && work.data.length > 0 && <Alert variant="outline" color="red" role="alert" title={w("several.failed")}><List size="sm">{work.data.map(({ item, why }) => <List.Item key={text(item, "sid")}>{`${text(item, "phone_number")}: ${why}`}</List.Item>)}</List></Alert>}
            <Group><Button type="submit" {...(doing === "release" && { color: "red.9" })} loading={work.isPending}>{doing === "release" ? w("several.release") : t("form.save")}</Button></Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
