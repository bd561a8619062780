import { Anchor, Button, Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { useMaskPaths, useMasked } from "./api";
import { useMaskWords } from "./words";

/** The numbers that an application gives out as masks. */
export function Pool({ application }: { application: string }) {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const path = useMaskPaths();
  const base = `applications/${application}/numbers`;
  const pool = useMasked(path(base), "numbers");
  const own = useMasked(path("phonenumbers/search"), "phoneNumbers");
  const [chosen, setChosen] = useState("");
  const add = useChange(() => setChosen(""));
  const change = useChange();
  const taken = new Set(pool.data?.map((row) => text(row, "phoneNumberSid")));
  const free = own.data?.filter((row) => !taken.has(text(row, "sid"))) ?? [];
  const number = chosen || text(free[0], "sid");
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("pool")}</Title>
      <Stack>
        {develop && free.length > 0 && (
          <form onSubmit={(event) => { event.preventDefault(); add.mutate({ path: path(base), form: { phoneNumberSid: number } }); }}>
            <Group align="end">
              <NativeSelect label={w("pool.number")} value={number} onChange={(event) => setChosen(event.currentTarget.value)} data={free.map((row) => ({ value: text(row, "sid"), label: text(row, "phoneNumber") }))} />
              <Button type="submit" loading={add.isPending}>{w("pool.add")}</Button>
            </Group>
          </form>
        )}
        {develop && own.isSuccess && free.length === 0 && <Text>{w("pool.rent")} <Anchor component={Link} to="/numbers" underline="always">{t("nav.numbers")}</Anchor></Text>}
        <Fault error={add.error ?? change.error ?? own.error} />
        <Rows query={pool} title={w("pool")} empty={w("pool.none")} columns={[
          { label: w("pool.number"), show: (row) => text(row, "phoneNumber") },
          { label: w("pool.state"), show: (row) => w(row["reserved"] === true ? "pool.reserved" : "pool.given") },
          { label: w("pool.refused"), show: (row) => <Anchor component={Link} to={`/calls?${new URLSearchParams({ To: text(row, "phoneNumber"), Status: "failed" })}`} aria-label={w("pool.refused.about", { number: text(row, "phoneNumber") })} underline="always">{t("nav.calls")}</Anchor> },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Actions row={row} act={(form) => change.mutate({ path: path(`${base}/${text(row, "sid")}`), ...(form && { form }) })} /> }] : []),
        ]} />
      </Stack>
    </section>
  );
}

function Actions({ row, act }: { row: Row; act: (form: Record<string, string> | null) => void }) {
  const w = useMaskWords();
  const number = text(row, "phoneNumber");
  const reserved = row["reserved"] === true;
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={() => act({ reserved: String(!reserved) })}>{w(reserved ? "pool.free" : "pool.reserve", { number })}</Button>
      <Button size="xs" variant="outline" color="red" onClick={() => act(null)}>{w("pool.remove", { number })}</Button>
    </Group>
  );
}
