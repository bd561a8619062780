import { Alert, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useFormats } from "../../i18n/format";
import { api } from "../api";
import { nodeOf, titleOf } from "../model/document";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

/** How often it is counted again, in milliseconds. */
const LIVE_MS = 5_000;

/** How often each outcome was taken by the newest executions: on the connections of the canvas, and as a table; and where they are now. */
export function Ways() {
  const { sid, store } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const { number } = useFormats();
  const { data, error } = useQuery({ queryKey: ["flow-traffic", sid], queryFn: () => api.traffic(sid), refetchInterval: LIVE_MS });
  // The canvas is another part of the page: what it shows lives in the editor's store.
  useEffect(() => {
    if (data) store.getState().count(new Map(data.left.map(({ node, port, times }) => [`${node}:${port}`, times])));
    return () => store.getState().count(null);
  }, [data, store]);
  const name = (id: string) => titleOf(nodeOf(flow, id) ?? { id, type: "" });
  if (error) return <Alert variant="outline" color="red">{w("failed", { text: error.message })}</Alert>;
  if (!data) return null;
  const left = [...data.left].sort((a, b) => b.times - a.times);
  return (
    <section aria-label={w("ways")}>
      {data.at.map(({ node, executions }) => <Text key={node} size="sm">{w("ways.at", { name: name(node), count: executions })}</Text>)}
      {left.length === 0 ? <Text size="sm">{w("ways.none")}</Text> : (
        <Table verticalSpacing={4} fz="xs">
          <Table.Thead><Table.Tr><Table.Th>{w("step")}</Table.Th><Table.Th>{w("outcomes")}</Table.Th><Table.Th ta="end">{w("ways.times")}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{left.map(({ node, port, times }) => <Table.Tr key={`${node}:${port}`}><Table.Td>{name(node)}</Table.Td><Table.Td>{w.term("port", port)}</Table.Td><Table.Td ta="end">{number(String(times))}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table>
      )}
    </section>
  );
}
