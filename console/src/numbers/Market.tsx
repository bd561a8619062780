import { Alert, Button, Group, Modal, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, get, isRecord, post } from "../api/client";
import { rows, text } from "../api/lists";
import { useOne } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { useNumberWords } from "./words";

/** Kinds of numbers as the two APIs call them. */
const KINDS = [{ kind: "Local", priced: "local" }, { kind: "Mobile", priced: "mobile" }, { kind: "TollFree", priced: "toll free" }] as const;
type Kind = (typeof KINDS)[number]["kind"];

/** Numbers on offer with what a month of them costs, and renting one, in two clicks. */
export function Market() {
  const { t } = useI18n();
  const w = useNumberWords();
  const f = useFormats();
  const { account_sid, home_country } = useSession();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Kind>("Local");
  const [contains, setContains] = useState("");
  const [asked, setAsked] = useState<{ kind: Kind; path: string } | null>(null);
  const [wanted, setWanted] = useState<string | null>(null);
  const prices = useOne(`/v1/PhoneNumbers/Countries/${home_country}`);
  const offers = useQuery({
    queryKey: ["offers", asked?.path],
    enabled: asked !== null,
    queryFn: async () => {
      const answer = await get(asked?.path ?? "");
      return rows(isRecord(answer) ? answer["available_phone_numbers"] : []);
    },
  });
  const rent = useMutation({
    mutationFn: (number: string) => post(`${accountPath(account_sid)}/IncomingPhoneNumbers.json`, { PhoneNumber: number }),
    onSuccess: async () => { setAsked(null); setWanted(null); await queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] }); },
  });
  const find = () => setAsked({ kind, path: `${accountPath(account_sid)}/AvailablePhoneNumbers/${home_country}/${kind}.json?${new URLSearchParams({ PageSize: "12", ...(contains ? { Contains: contains } : {}) })}` });
  const price = rows(prices.data?.["phone_number_prices"]).find((each) => text(each, "number_type") === KINDS.find((known) => known.kind === (asked?.kind ?? kind))?.priced);
  const monthly = price ? w("price", { price: f.money(text(price, "current_price"), text(prices.data, "price_unit")) }) : w("free");
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); find(); }}>
        <Title order={2} size="h4" mb="sm">{t("numbers.search")}</Title>
        <Group align="end">
          <NativeSelect label={t("numbers.kind")} value={kind} onChange={(event) => { const chosen = KINDS.find((each) => each.kind === event.currentTarget.value); if (chosen) setKind(chosen.kind); }}
            data={[{ value: "Local", label: t("numbers.local") }, { value: "Mobile", label: t("numbers.mobile") }, { value: "TollFree", label: t("numbers.tollfree") }]} />
          <TextInput label={t("numbers.contains")} inputMode="tel" value={contains} onChange={(event) => setContains(event.currentTarget.value)} />
          <Button type="submit" loading={offers.isFetching}>{t("numbers.find")}</Button>
        </Group>
      </form>
      <Fault error={offers.error ?? (wanted === null ? rent.error : null)} />
      {offers.data?.length === 0 && <Text mt="md">{t("list.none")}</Text>}
      {asked && (offers.data?.length ?? 0) > 0 && prices.isSuccess && <Text mt="md">{monthly}</Text>}
      {asked && (offers.data?.length ?? 0) > 0 && (
        <Group mt="md" gap="xs">
          {offers.data?.map((offer) => {
            const number = text(offer, "phone_number");
            return <Button key={number} variant="default" onClick={() => { rent.reset(); setWanted(number); }}>{t("numbers.rent", { number })}</Button>;
          })}
        </Group>
      )}
      {rent.isSuccess && asked === null && <Alert mt="md" variant="outline" role="status">{w("rented", { number: rent.variables })}</Alert>}
      <Modal opened={wanted !== null} onClose={() => setWanted(null)} title={w("sure", { number: wanted ?? "" })} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        <Stack>
          <Text>{monthly}</Text>
          <Fault error={rent.error} />
          <Group justify="space-between">
            <Button variant="default" onClick={() => setWanted(null)}>{t("form.cancel")}</Button>
            <Button loading={rent.isPending} onClick={() => { if (wanted) rent.mutate(wanted); }}>{w("order")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Paper>
  );
}
