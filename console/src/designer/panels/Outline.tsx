import { Button, Group, Text } from "@mantine/core";
import { useMemo, useRef } from "react";
import { iconOf } from "../canvas/icons";
import { titleOf } from "../model/document";
import { outline } from "../model/outline";
import { useActions } from "../state/actions";
import { useDesigner, useEdited, useFlow } from "../state/context";
import { useWords } from "../words";

/** The whole flow as a list. Arrow keys go through it, Delete removes; the panel beside it changes and connects. */
export function Outline() {
  const { store, schema, setPanel } = useDesigner();
  const flow = useFlow();
  const selected = useEdited((state) => state.selected);
  const path = useEdited((state) => state.path);
  const stops = useEdited((state) => state.stops);
  const actions = useActions();
  const w = useWords();
  const list = useRef<HTMLOListElement>(null);
  const rows = useMemo(() => outline(flow, schema.ports), [flow, schema.ports]);
  const lit = useMemo(() => new Map(path.map((id, at) => [id, at + 1])), [path]);
  const go = (id: string) => {
    store.getState().select([id]);
    setPanel("step");
  };
  const onKeyDown = (event: React.KeyboardEvent, at: number) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Delete") return void (event.preventDefault(), event.stopPropagation(), actions.remove());
    const next = rows[at + (step ?? 0)];
    if (!step || !next) return;
    event.preventDefault();
    go(next.node.id);
    list.current?.querySelectorAll("button")[at + step]?.focus();
  };
  return (
    <ol className="outline" ref={list} aria-label={w("view.outline")}>
      {rows.map(({ node, depth, by, isReached }, at) => {
        const Icon = iconOf(node.type);
        return (
          <li key={node.id} style={{ paddingInlineStart: Math.min(depth, 12) * 18 }}>
            <Button size="xs" fullWidth justify="flex-start" variant={selected.has(node.id) ? "filled" : "default"} aria-pressed={selected.has(node.id)} data-outline={node.id}
              leftSection={<Icon size={16} aria-hidden />} onClick={() => go(node.id)} onKeyDown={(event) => onKeyDown(event, at)}>
              <Group gap="xs" wrap="nowrap">
                <span>{w("nodeName", { kind: w.term("kind", node.type), name: titleOf(node) })}</span>
                {by && <Text span size="xs">{w("outline.by", { port: w.term("port", by) })}</Text>}
                {!isReached && <Text span size="xs">{w("outline.loose")}</Text>}
                {stops.has(node.id) && <Text span size="xs">{`◼ ${w("stop.here")}`}</Text>}
                {lit.has(node.id) && <Text span size="xs">{`● ${lit.get(node.id)}`}</Text>}
              </Group>
            </Button>
          </li>
        );
      })}
    </ol>
  );
}
