import { Alert, Button, Fieldset, NumberInput, SimpleGrid, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useI18n } from "../../i18n";
import { useFormats } from "../../i18n/format";
import { api, type Assumed, type PricedUse, type WayCost } from "../api";
import { nodeOf, titleOf } from "../model/document";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

/** How long the editor rests before the ways are priced anew, in milliseconds. */
const REST_MS = 600;
/** Ways that are listed; the dearest come first. */
const SHOWN = 50;
const LENGTHS = ["talk_s", "answer_s", "play_s", "record_s", "queue_s"] as const;

/** What each way through the draft costs, before anybody has called; one that is chosen is lit on the canvas. */
export function Costs() {
  const { store } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const { language } = useI18n();
  const { money } = useFormats();
  const [given, setGiven] = useState<Partial<Assumed>>({});
  const [chosen, setChosen] = useState<string | null>(null);
  const [asked] = useDebouncedValue({ flow, given }, REST_MS);
  const costs = useQuery({ queryKey: ["flow-costs", asked], queryFn: () => api.costs(asked.flow, asked.given), placeholderData: keepPreviousData, gcTime: 0, retry: false });
  const ways = costs.data?.ways.slice(0, SHOWN) ?? [];
  const way = ways.find((each) => keyOf(each) === chosen);
  // The canvas is another part of the page: what is lit there lives in the editor's store.
  useEffect(() => {
    if (way) store.getState().light(way.nodes);
  }, [way, store]);
  useEffect(() => () => store.getState().light([]), [store]);
  const name = (id: string) => titleOf(nodeOf(flow, id) ?? { id, type: "" });
  const unit = costs.data?.price_unit ?? "";
  const names = (ids: string[]) => new Intl.ListFormat(language, { type: "conjunction" }).format(ids.map(name));
  const [most, least] = [ways.at(0)?.price, costs.data?.ways.at(-1)?.price];
  return (
    <Stack gap="sm">
      <Text size="sm">{w("costs.about")}</Text>
      <Assumptions assumed={{ ...costs.data?.assumed, ...given }} onChange={(change) => setGiven({ ...given, ...change })} />
      {costs.error && <Alert variant="outline" color="red">{w("failed", { text: costs.error.message })}</Alert>}
      {costs.data && ways.length === 0 && <Text size="sm">{w("costs.none")}</Text>}
      {most !== undefined && least !== undefined && <Text fw={600} role="status">{w("costs.span", { least: money(least, unit), most: money(most, unit) })}</Text>}
      {costs.data && costs.data.not_counted.length > 0 && <Text size="sm">{w("costs.subflows", { list: names(costs.data.not_counted) })}</Text>}
      {costs.data && (costs.data.more || costs.data.ways.length > SHOWN) && <Text size="sm">{w("costs.more", { count: ways.length })}</Text>}
      {ways.map((each, at) => {
        const key = keyOf(each);
        const isOpen = key === chosen;
        const price = money(each.price, unit);
        return (
          <section key={key} aria-label={w("costs.way", { number: at + 1 })}>
            <Button size="xs" h="auto" py={6} fullWidth justify="flex-start" styles={{ label: { whiteSpace: "normal", textAlign: "start" } }} variant={isOpen ? "filled" : "default"} aria-pressed={isOpen}
              onClick={() => { setChosen(isOpen ? null : key); if (isOpen) store.getState().light([]); }}>
              {`${price} · ${each.nodes.map(name).join(" → ")}${each.end === "goes_round" ? ` (${w("costs.round")})` : ""}`}
            </Button>
            {isOpen && <Uses way={each} unit={unit} name={name} />}
          </section>
        );
      })}
    </Stack>
  );
}

/** Ways are told apart by the outcomes they take. */
const keyOf = (way: WayCost): string => way.nodes.map((node, at) => `${node}:${way.ports[at] ?? ""}`).join(">");

function Assumptions({ assumed, onChange }: { assumed: Partial<Assumed>; onChange: (change: Partial<Assumed>) => void }) {
  const w = useWords();
  return (
    <Fieldset legend={w("costs.assumed")} p="xs">
      <SimpleGrid cols={2} spacing="xs" verticalSpacing={4}>
        {LENGTHS.map((length) => (
          <NumberInput key={length} size="xs" label={w(`costs.${length}`)} min={0} max={86_400} allowDecimal={false} value={assumed[length] ?? ""}
            onChange={(next) => { if (typeof next === "number") onChange({ [length]: next }); }} />
        ))}
      </SimpleGrid>
      <TextInput size="xs" mt={4} label={w("costs.number")} type="tel" value={assumed.number ?? ""} onChange={(event) => onChange({ number: event.currentTarget.value })} />
    </Fieldset>
  );
}

function Uses({ way, unit, name }: { way: WayCost; unit: string; name: (id: string) => string }) {
  const w = useWords();
  const { money, seconds } = useFormats();
  const party = (used: PricedUse) => (used.assumed ? w("costs.assumedParty", { party: used.party }) : used.party);
  const quantity = (used: PricedUse) => (used.kind.startsWith("sms") ? w("costs.segments", { count: used.quantity }) : used.kind === "conference" ? String(used.quantity) : seconds(String(used.quantity)));
  const price = (used: PricedUse) => (used.price === null ? w("costs.refused") : used.item === "free" ? w("costs.free") : money(used.price, unit));
  if (way.uses.length === 0) return <Text size="sm" mt={4}>{w("costs.free")}</Text>;
  return (
    <Table verticalSpacing={4} fz="xs" mt={4}>
      <Table.Thead><Table.Tr><Table.Th>{w("costs.use")}</Table.Th><Table.Th ta="end">{w("costs.quantity")}</Table.Th><Table.Th ta="end">{w("costs.price")}</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {way.uses.map((used, at) => (
          <Table.Tr key={at}>
            <Table.Td>{[w.term("use", used.kind), name(used.node), party(used)].filter(Boolean).join(" · ")}</Table.Td>
            <Table.Td ta="end">{quantity(used)}</Table.Td>
            <Table.Td ta="end">{price(used)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
