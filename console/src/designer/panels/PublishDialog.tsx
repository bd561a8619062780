import { Alert, Button, Group, Radio, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Stage } from "../api";
import { useDesigner } from "../state/context";
import type { Saving } from "../state/saving";
import { useWords } from "../words";
import { Dialog } from "./Dialog";
import { DiffList } from "./DiffList";

/** Makes the draft a revision. Errors and failing tests stop it, and are told. */
export function PublishDialog({ saving, onClose }: { saving: Saving; onClose: () => void }) {
  const { sid, say } = useDesigner();
  const w = useWords();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const [stage, setStage] = useState<Stage>("production");
  const { published_revision: published } = saving.meta;
  const diff = useQuery({ queryKey: ["flow-diff", sid, saving.meta.version, published], queryFn: () => api.diff(sid, published ?? undefined), enabled: published !== null });
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await saving.save())) throw new Error(w("state.failed"));
      return api.publish(sid, note, stage);
    },
    onSuccess: async ({ revision }) => {
      say(w(stage === "test" ? "stage.tested" : "published", { number: revision }));
      await Promise.all([saving.refresh(), queries.invalidateQueries({ queryKey: ["flow-revisions", sid] })]);
      onClose();
    },
  });
  return (
    <Dialog title={w("publish.title")} onClose={onClose}>
      <Stack>
        <Text size="sm">{w("publish.about")}</Text>
        <Radio.Group label={w("stage.where")} value={stage} onChange={(chosen) => setStage(chosen === "test" ? "test" : "production")}>
          <Stack gap={4} mt={4}>
            <Radio value="production" label={w("stage.production")} />
            <Radio value="test" label={w("stage.test")} description={w("stage.test.about")} />
          </Stack>
        </Radio.Group>
        {diff.data && <DiffList diff={{ ...diff.data, changed: diff.data.changed.map((each) => each.id) }} />}
        <Textarea data-autofocus label={w("publish.note")} value={note} maxLength={500} onChange={(event) => setNote(event.currentTarget.value)} />
        {publish.error && <Alert variant="outline" color="red">{w("failed", { text: publish.error.message })}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{w("cancel")}</Button>
          <Button loading={publish.isPending} onClick={() => publish.mutate()}>{w("publish")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
