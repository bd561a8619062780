import { Alert, Anchor, Button, Code, Group, Loader, Paper, Stack, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useMask, useMaskPaths } from "../masking/api";
import { Contexts } from "../masking/Contexts";
import { Pool } from "../masking/Pool";
import { Settings } from "../masking/Settings";
import { Sure } from "../masking/Sure";
import { useMaskWords } from "../masking/words";
import { Fault } from "../shell/Fault";
import { Status } from "../shell/show";

/** One application of number masking: its pool, who meets, its settings. */
export default function MaskApplication() {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const { sid = "" } = useParams();
  const path = useMaskPaths();
  const go = useNavigate();
  const application = useMask(path(`applications/search/${sid}`));
  const [leaving, setLeaving] = useState(false);
  const one = path(`applications/${sid}`);
  const save = useChange();
  const turn = useChange();
  const remove = useChange(() => void go("/masking"));
  const row = application.data;
  const name = text(row, "name");
  const open = text(row, "status") === "open";
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to="/masking" underline="always">{w("title")}</Anchor>
        <Title order={1} style={{ overflowWrap: "anywhere" }}>{name || w("title")}</Title>
        <Group>{row && <Status row={row} />}<Code>{sid}</Code></Group>
      </div>
      <Fault error={application.error ?? turn.error} />
      {application.isPending && <Loader aria-label={t("app.loading")} />}
      {row && (
        <>
          <Pool application={sid} />
          <Contexts application={sid} />
          {develop && (
            <section aria-label={w("settings")}>
              <Title order={2} size="h3" mb="sm">{w("settings")}</Title>
              <Paper withBorder p="md">
                <Stack>
                  <Settings key={text(row, "dateUpdated")} row={row} action={w("save")} pending={save.isPending} submit={(form) => save.mutate({ path: one, form })} />
                  <Fault error={save.error} />
                  {save.isSuccess && <Alert role="status" variant="outline">{w("saved")}</Alert>}
                  <Group>
                    <Button variant="default" loading={turn.isPending} onClick={() => turn.mutate({ path: one, form: { status: open ? "closed" : "open" } })}>{w(open ? "close" : "reopen", { name })}</Button>
                    <Button variant="outline" color="red" onClick={() => { remove.reset(); setLeaving(true); }}>{w("delete", { name })}</Button>
                  </Group>
                </Stack>
              </Paper>
            </section>
          )}
        </>
      )}
      <Sure opened={leaving} title={w("delete", { name })} about={w("delete.application")} action={w("delete.do")} error={remove.error} pending={remove.isPending} confirm={() => remove.mutate({ path: one })} cancel={() => setLeaving(false)} />
    </Stack>
  );
}
