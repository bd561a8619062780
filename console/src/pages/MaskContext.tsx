import { Anchor, Button, Code, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { LIVE_MS, moment, useMask, useMaskPaths, useMasked } from "../masking/api";
import { Interactions } from "../masking/Interactions";
import { Participants } from "../masking/Participants";
import { Sure } from "../masking/Sure";
import { useMaskWords } from "../masking/words";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";

/** Two people who reach each other by masks, and what happened between them. */
export default function MaskContext() {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const { sid = "", context = "" } = useParams();
  const path = useMaskPaths();
  const go = useNavigate();
  const base = `applications/${sid}/contexts/${context}`;
  const one = path(base);
  const found = useMask(one, LIVE_MS);
  const people = useMasked(path(`${base}/participants`), "participants");
  const [asking, setAsking] = useState<"close" | "delete" | null>(null);
  const close = useChange(() => setAsking(null));
  const remove = useChange(() => void go(`/masking/${sid}`));
  const row = found.data;
  const name = text(row, "friendlyName") || w("context.unnamed");
  const open = text(row, "status") === "open";
  const ends = moment(row, "dateExpires");
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to={`/masking/${sid}`} underline="always">{w("contexts")}</Anchor>
        <Title order={1} style={{ overflowWrap: "anywhere" }}>{name}</Title>
        <Group>
          {row && <Status row={row} />}
          {row && <Text>{w("context.ends")}: {ends ? <When value={ends} /> : w("context.never")}</Text>}
          <Code>{context}</Code>
        </Group>
      </div>
      <Fault error={found.error} />
      {found.isPending && <Loader aria-label={t("app.loading")} />}
      {row && (
        <>
          <Participants base={base} people={people} open={open} />
          <Interactions base={base} people={people.data ?? []} />
          {develop && (
            <Group>
              {open && <Button variant="default" onClick={() => { close.reset(); setAsking("close"); }}>{w("context.close")}</Button>}
              <Button variant="outline" color="red" onClick={() => { remove.reset(); setAsking("delete"); }}>{w("delete", { name })}</Button>
            </Group>
          )}
        </>
      )}
      <Sure opened={asking === "close"} title={w("context.close")} about={w("context.close.sure")} action={w("context.close")} error={close.error} pending={close.isPending} confirm={() => close.mutate({ path: one, form: { status: "closed" } })} cancel={() => setAsking(null)} />
      <Sure opened={asking === "delete"} title={w("delete", { name })} about={w("delete.context")} action={w("delete.do")} error={remove.error} pending={remove.isPending} confirm={() => remove.mutate({ path: one })} cancel={() => setAsking(null)} />
    </Stack>
  );
}
