import { ActionIcon, Alert, Anchor, Button, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Link } from "react-router";
import { accountPath, get, isRecord, postJson } from "../api/client";
import { rows, text, useList } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { useDesk } from "./context";
import { Line, type Pass } from "./line";
import { Pad } from "./Pad";
import { Talk } from "./Talk";
import { targetOf } from "./target";
import { usePhoneWords } from "./words";
import "./phone.css";

const API = "/console/api/softphone";
const server = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}/socket`;

/** The token of the person who sits here. */
async function pass(shown: string): Promise<Pass> {
  const given = await postJson(API, shown ? { caller_id: shown } : {});
  const { identity, token, lifetime_s } = isRecord(given) ? given : {};
  if (typeof identity !== "string" || typeof token !== "string" || typeof lifetime_s !== "number") throw new Error("not a pass");
  return { identity, token, lifetime_s };
}

/** A phone in a corner of every page. Hidden, it still rings. */
export default function Dock() {
  const { t } = useI18n();
  const w = usePhoneWords();
  const { opened, setOpened, wish, setTalking } = useDesk();
  const [shown, setShown] = useState("");
  const asked = useRef(shown);
  asked.current = shown;
  const [line] = useState(() => new Line(server(), () => pass(asked.current)));
  const { state, identity, talk, last, fault } = useSyncExternalStore(line.subscribe, line.snapshot);
  const [error, setError] = useState<Error | null>(null);
  const [dialled, setDialled] = useState({ to: "", name: "" });
  const done = useRef(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  useRoom(frame, opened);
  useEffect(() => () => line.stop(), [line]);
  useEffect(() => { if (opened) heading.current?.focus(); }, [opened]);
  useEffect(() => { if (talk?.incoming) setOpened(true); }, [talk?.incoming, setOpened]);
  const calls = talk !== null && !talk.incoming;
  useEffect(() => setTalking(calls ? { to: dialled.to, identity } : null), [calls, dialled, identity, setTalking]);
  const dial = (to: string, name: string) => {
    const target = targetOf(to, location.hostname);
    if (!target) return;
    setError(null);
    setDialled({ to, name });
    line.dial(target).catch((failed: Error) => setError(failed));
  };
  const start = () => line.start().catch((failed: Error) => setError(failed));
  // A wish from another page: turned on first, then called.
  useEffect(() => {
    if (!wish || wish.turn === done.current) return;
    if (state === "off" && !fault) void start();
    if (state !== "on") return;
    done.current = wish.turn;
    dial(wish.to, wish.name);
  });
  return (
    <Paper ref={frame} withBorder shadow="md" p="md" className="phone" role="complementary" aria-label={t("phone.title")} hidden={!opened}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Group gap="xs"><Title order={2} size="h5" ref={heading} tabIndex={-1}>{t("phone.title")}</Title><Text size="sm" role="status">{w(`state.${state}`)}</Text></Group>
          <ActionIcon variant="subtle" aria-label={w("close")} onClick={() => setOpened(false)}><IconX size={16} aria-hidden /></ActionIcon>
        </Group>
        {fault && <Alert variant="outline" color="red" role="alert" p="xs">{w(`fault.${fault}`)}</Alert>}
        {!fault && <Fault error={error} />}
        {state === "off" && <><Text size="sm">{w("about")}</Text><Button onClick={() => void start()}>{w("start")}</Button></>}
        {talk && <Talk line={line} talk={talk} name={talk.incoming ? talk.peer : dialled.name} />}
        {!talk && last && <Over id={last.id} identity={identity} />}
        {state === "on" && !talk && <Dial dial={dial} shown={shown} setShown={setShown} />}
        {state === "on" && !talk && <Group justify="space-between" wrap="nowrap" align="start"><Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{w("reached", { identity })}</Text><Button size="compact-xs" variant="default" miw="max-content" onClick={() => line.stop()}>{w("stop")}</Button></Group>}
      </Stack>
    </Paper>
  );
}

/** Tells the page how much of its lower end corner the phone takes, so that what stands there makes room. */
function useRoom(frame: RefObject<HTMLDivElement | null>, opened: boolean) {
  useEffect(() => {
    const phone = frame.current;
    const { style } = document.documentElement;
    if (!phone || !opened) return;
    const watch = new ResizeObserver(() => style.setProperty("--phone-block", `${phone.offsetHeight + 24}px`));
    watch.observe(phone);
    return () => {
      watch.disconnect();
      style.removeProperty("--phone-block");
    };
  }, [frame, opened]);
}

/** What to call, typed or by keys. */
function Dial({ dial, shown, setShown }: { dial: (to: string, name: string) => void; shown: string; setShown: (shown: string) => void }) {
  const w = usePhoneWords();
  const [to, setTo] = useState("");
  const [bad, setBad] = useState(false);
  const numbers = useList("IncomingPhoneNumbers", "incoming_phone_numbers", {}).data?.pages.flatMap((page) => page.rows) ?? [];
  const own = numbers.map((row) => text(row, "phone_number")).filter((number) => number.startsWith("+"));
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      setBad(!targetOf(to, location.hostname));
      dial(to, to.trim());
    }}>
      <Stack gap="xs">
        <TextInput label={w("to")} required maxLength={200} autoComplete="off" list="phone-own" value={to} error={bad && w("toBad")} onChange={(event) => { setTo(event.currentTarget.value); setBad(false); }} />
        <datalist id="phone-own">{own.map((number) => <option key={number} value={number} />)}</datalist>
        <Pad label={w("keypad")} press={(key) => setTo((before) => before + key)} />
        {own.length > 0 && <NativeSelect size="xs" label={w("shown")} value={shown} onChange={(event) => setShown(event.currentTarget.value)} data={[{ value: "", label: w("shown.none") }, ...own]} />}
        <Button type="submit">{w("call")}</Button>
      </Stack>
    </form>
  );
}

/** After a call: the way to everything that is known of it. */
function Over({ id, identity }: { id: string; identity: string }) {
  const w = usePhoneWords();
  const { account_sid } = useSession();
  // The platform notes the end a moment after the phone.
  const calls = useQuery({ queryKey: ["phone-call", id], refetchInterval: 2_000, queryFn: async () => { const page = await get(`${accountPath(account_sid)}/Calls.json?${new URLSearchParams({ From: `client:${identity}`, PageSize: "5" })}`); return rows(isRecord(page) ? page["calls"] : []); } });
  const sid = text(calls.data?.find((row) => text(row, "parent_call_sid") === ""), "sid");
  return <Group gap="xs" role="status"><Text size="sm">{w("ended")}</Text>{sid && <Anchor size="sm" component={Link} to={`/calls/${sid}`} underline="always">{w("open")}</Anchor>}</Group>;
}
