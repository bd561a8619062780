import { Anchor, Button, Center, Group, Loader, Stack, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Listed } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { LIVE_MS, moment, useMaskPages, useMaskPaths } from "./api";
import { useMaskWords } from "./words";

/** Who meets within an application: made here or by a program, found by a participant's number. */
export function Contexts({ application }: { application: string }) {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const path = useMaskPaths();
  const base = `applications/${application}/contexts`;
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [asked] = useDebouncedValue(number.replaceAll(" ", ""), 400);
  const wanted: Record<string, string> = /^\+\d{4,15}$/.test(asked) ? { identifier: asked } : {};
  const list = useMaskPages(path(base, wanted), "contexts", LIVE_MS);
  const make = useChange(() => setName(""));
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("contexts")}</Title>
      <Stack>
        <Group align="end" gap="xl">
          {develop && (
            <form onSubmit={(event) => { event.preventDefault(); make.mutate({ path: path(base), form: { friendlyName: name } }); }}>
              <Group align="end">
                <TextInput label={w("context.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
                <Button type="submit" loading={make.isPending}>{w("contexts.make")}</Button>
              </Group>
            </form>
          )}
          <TextInput type="tel" label={w("contexts.find")} placeholder="+32…" value={number} onChange={(event) => setNumber(event.currentTarget.value)} />
        </Group>
        <Fault error={make.error ?? list.error} />
        {list.isPending && <Center h={80}><Loader aria-label={t("app.loading")} /></Center>}
        {list.isSuccess && <Listed shown={list.data.pages.flat()} title={w("contexts")} empty={w("identifier" in wanted ? "contexts.found" : "contexts.none")} columns={[
          { label: w("name"), show: (row) => <Anchor component={Link} to={`/masking/${application}/contexts/${text(row, "sid")}`} underline="always">{text(row, "friendlyName") || w("context.unnamed")}</Anchor> },
          { label: t("field.status"), show: (row) => <Status row={row} /> },
          { label: w("context.ends"), show: (row) => (moment(row, "dateExpires") ? <When value={moment(row, "dateExpires")} /> : w("context.never")) },
          { label: t("field.date"), show: (row) => <When value={moment(row, "dateCreated")} /> },
        ]} />}
        {list.hasNextPage && <Group><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("list.more")}</Button></Group>}
      </Stack>
    </section>
  );
}
