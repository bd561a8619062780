import { ActionIcon, Button, Group, Menu, SegmentedControl, Text, Title, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconArrowLeft, IconDownload, IconLayoutDistributeVertical, IconPhoneCall, IconSearch } from "@tabler/icons-react";
import { Link } from "react-router";
import { useStore } from "zustand";
import { fileName, handOver } from "../../api/file";
import { useDesk } from "../../phone/context";
import { useI18n } from "../../i18n";
import { draftOf } from "../../phone/target";
import { api } from "../api";
import { useActions } from "../state/actions";
import { useDesigner, useEdited } from "../state/context";
import { usePresence } from "../state/presence";
import type { Saving } from "../state/saving";
import { useWords } from "../words";

export type View = "canvas" | "outline";

/** Name, state, and what is done with the flow as a whole. */
export function Bar({ saving, view, setView, onCommands, onPublish }: { saving: Saving; view: View; setView: (view: View) => void; onCommands: () => void; onPublish: () => void }) {
  const { sid, store, problems } = useDesigner();
  const desk = useDesk();
  const name = useEdited(({ flow }) => flow.name);
  const others = usePresence();
  const actions = useActions();
  const w = useWords();
  const past = useStore(store.temporal, (state) => state.pastStates.length);
  const future = useStore(store.temporal, (state) => state.futureStates.length);
  // What is taken away is what is drawn: it is saved first.
  const take = async (format: "yaml" | "json") => {
    await saving.save();
    const { content } = await api.export(sid, format);
    handOver(`${fileName(name)}.${format}`, new Blob([content], { type: format === "json" ? "application/json" : "application/yaml" }));
  };
  // The draft that answers is the saved one.
  const hasErrors = problems.some((problem) => problem.severity === "error");
  const callDraft = async () => {
    await saving.save();
    desk.call(draftOf(sid), w("draftOf", { name }));
  };
  const { language } = useI18n();
  const list = (names: string[]) => new Intl.ListFormat(language, { type: "conjunction" }).format(names);
  const number = saving.meta.published_revision;
  const tool = (label: string, Icon: typeof IconSearch, act: () => void, disabled = false) => (
    <Tooltip label={label}><ActionIcon variant="default" size="lg" aria-label={label} disabled={disabled} onClick={act}><Icon size={18} aria-hidden /></ActionIcon></Tooltip>
  );
  return (
    <div className="designer-bar">
      <Group justify="space-between" wrap="wrap" gap="xs">
        <Group gap="sm" wrap="nowrap">
          <ActionIcon component={Link} to="/flows" variant="subtle" size="lg" aria-label={w("back")}><IconArrowLeft size={18} aria-hidden /></ActionIcon>
          <Title order={1} size="h4" lineClamp={2}>{name}</Title>
          <Text size="sm" role="status">{saving.state === "failed" ? w("failed", { text: saving.error }) : w(`state.${saving.state}`)}</Text>
          <Text size="sm">{number === null ? w("unpublished") : w("published", { number })}</Text>
        </Group>
        <Group gap="xs">
          <SegmentedControl size="xs" aria-label={w("view")} value={view} onChange={(chosen) => setView(chosen === "outline" ? "outline" : "canvas")}
            data={[{ value: "canvas", label: w("view.canvas") }, { value: "outline", label: w("view.outline") }]} />
          {tool(w("undo"), IconArrowBackUp, actions.undo, past === 0)}
          {tool(w("redo"), IconArrowForwardUp, actions.redo, future === 0)}
          {tool(w("tidy"), IconLayoutDistributeVertical, () => void actions.tidy())}
          {tool(w("commands"), IconSearch, onCommands)}
          {desk.allowed && (
            <Menu>
              <Menu.Target><ActionIcon variant="default" size="lg" aria-label={w("call")} disabled={desk.talking !== null}><IconPhoneCall size={18} aria-hidden /></ActionIcon></Menu.Target>
              <Menu.Dropdown>
                <Menu.Item disabled={hasErrors} onClick={() => void callDraft()}>{w(hasErrors ? "callDraftNot" : "callDraft")}</Menu.Item>
                <Menu.Item disabled={number === null} onClick={() => desk.call(sid, name)}>{w(number === null ? "callFirst" : "callFlow")}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
          <Menu>
            <Menu.Target><ActionIcon variant="default" size="lg" aria-label={w("export")}><IconDownload size={18} aria-hidden /></ActionIcon></Menu.Target>
            <Menu.Dropdown>{(["yaml", "json"] as const).map((format) => <Menu.Item key={format} onClick={() => void take(format)}>{w("export.as", { format: format.toUpperCase() })}</Menu.Item>)}</Menu.Dropdown>
          </Menu>
          <Button size="sm" variant="default" onClick={() => void saving.save()}>{w("save")}</Button>
          <Button size="sm" onClick={onPublish}>{w("publish")}</Button>
        </Group>
      </Group>
      {others.length > 0 && <Text size="xs" fw={600} mt={4}>{w("presence", { list: list(others.map(({ name, at }) => (at === null ? name : w("presence.at", { name, step: at })))) })}</Text>}
    </div>
  );
}
