import { Center, Loader, Tabs } from "@mantine/core";
import { ReactFlowProvider } from "@xyflow/react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import type { Saved } from "./api";
import { Canvas } from "./canvas/Canvas";
import type { Flow } from "./model/document";
import { Bar, type View } from "./panels/Bar";
import { Commands } from "./panels/Commands";
import { ConflictDialog } from "./panels/ConflictDialog";
import { Costs } from "./panels/Costs";
import { MarkupDialog } from "./panels/MarkupDialog";
import { Outline } from "./panels/Outline";
import { Palette } from "./panels/Palette";
import { PasteDialog, PasteReport } from "./panels/PasteDialog";
import { Personal } from "./panels/Personal";
import { Problems } from "./panels/Problems";
import { PublishDialog } from "./panels/PublishDialog";
import { Runs } from "./panels/Runs";
import { Simulator } from "./panels/Simulator";
import { StepPanel } from "./panels/StepPanel";
import { Texts } from "./panels/Texts";
import { Versions } from "./panels/Versions";
import { useActions } from "./state/actions";
import { type Panel, useDesigner } from "./state/context";
import { useFollowing } from "./state/following";
import { useSaving } from "./state/saving";
import { useShortcuts } from "./state/shortcuts";
import { useValidation } from "./state/validation";
import { useWords } from "./words";

// The text editor is larger than the rest of the designer: it comes when it is asked for.
const Source = lazy(() => import("./panels/Source"));
const PANELS: readonly Panel[] = ["step", "problems", "texts", "simulator", "costs", "versions", "runs", "personal", "source"];

export function Editor({ saved, opened }: { saved: Saved; opened: Flow }) {
  const { sid, store, problems, setProblems, panel, setPanel, dialog, ask, said } = useDesigner();
  const w = useWords();
  const navigate = useNavigate();
  const actions = useActions();
  const [view, setView] = useState<View>("canvas");
  const saving = useSaving(sid, store, saved, opened, setProblems);
  useValidation(store, setProblems);
  useFollowing();
  const { save } = saving;
  const onSave = useCallback(() => void save(), [save]);
  const onCommands = useCallback(() => ask({ kind: "commands" }), [ask]);
  const onClose = useCallback(() => ask(null), [ask]);
  useShortcuts(actions, onSave, onCommands);
  const onOpenFlow = useCallback((other: string) => void save().then(() => navigate(`/flows/${other}`)), [save, navigate]);
  const extra = useMemo(() => [
    { id: "save", label: w("save"), run: onSave },
    { id: "publish", label: w("publish"), run: () => ask({ kind: "publish" }) },
    { id: "xml", label: w("xml"), run: () => ask({ kind: "markup" }) },
    { id: "paste:xml", label: w("paste.xml"), run: () => ask({ kind: "paste", text: "", error: null }) },
    { id: "canvas", label: w("view.canvas"), run: () => setView("canvas") },
    { id: "outline", label: w("view.outline"), run: () => setView("outline") },
    ...PANELS.map((id) => ({ id: `panel:${id}`, label: w(id), run: () => setPanel(id) })),
  ], [w, onSave, setPanel, ask]);
  const body: Record<Panel, React.ReactNode> = {
    step: <StepPanel onOpenFlow={onOpenFlow} />,
    problems: <Problems />,
    texts: <Texts />,
    simulator: <Simulator saving={saving} />,
    costs: <Costs />,
    versions: <Versions saving={saving} />,
    runs: <Runs />,
    personal: <Personal />,
    source: <Suspense fallback={<Center h={80}><Loader size="sm" aria-label={w("loading")} /></Center>}><Source /></Suspense>,
  };
  return (
    <div className="designer">
      <Bar saving={saving} view={view} setView={setView} onCommands={onCommands} onPublish={() => ask({ kind: "publish" })} />
      <Palette />
      <div className="designer-main">
        {view === "outline" ? <Outline /> : <ReactFlowProvider><Canvas onOpenFlow={onOpenFlow} /></ReactFlowProvider>}
      </div>
      <aside className="designer-panel" aria-label={w("panels")}>
        <Tabs value={panel} onChange={(chosen) => { const found = PANELS.find((each) => each === chosen); if (found) setPanel(found); }} keepMounted={false}>
          <Tabs.List mb="sm" aria-label={w("panels")}>
            {PANELS.map((id) => <Tabs.Tab key={id} value={id} px="xs">{id === "problems" && problems.length > 0 ? `${w(id)} (${problems.length})` : w(id)}</Tabs.Tab>)}
          </Tabs.List>
          {PANELS.map((id) => <Tabs.Panel key={id} value={id}>{body[id]}</Tabs.Panel>)}
        </Tabs>
      </aside>
      <div className="hidden" role="log" aria-live="polite">{said}</div>
      {dialog?.kind === "commands" && <Commands extra={extra} onClose={onClose} />}
      {dialog?.kind === "publish" && <PublishDialog saving={saving} onClose={onClose} />}
      {dialog?.kind === "markup" && <MarkupDialog onClose={onClose} />}
      {dialog?.kind === "paste" && <PasteDialog text={dialog.text} error={dialog.error} onClose={onClose} />}
      {dialog?.kind === "report" && <PasteReport report={dialog.report} onClose={onClose} />}
      <ConflictDialog saving={saving} onOpenFlow={onOpenFlow} />
    </div>
  );
}
