import { useCallback, useEffect, useRef, useState } from "react";
import { api, type Problem, type Saved } from "../api";
import { type Flow, same } from "../model/document";
import { ApiError } from "../session";
import { forget, keep, ownerOf } from "./kept";
import type { FlowStore } from "./store";

/** How long the editor rests before it saves, in milliseconds. */
const REST_MS = 1_200;
/** How long it may go on without a rest until it is saved all the same, in milliseconds. */
const LONGEST_MS = 5_000;
export type SaveState = "saved" | "changed" | "saving" | "conflict" | "failed";
export interface Conflict { base: Flow; theirs: Saved }

/** Saves the draft by itself, guarded by its version: what somebody else saved meanwhile is never written over. */
export function useSaving(sid: string, store: FlowStore, first: Saved, opened: Flow, onProblems: (problems: Problem[]) => void) {
  const [state, setState] = useState<SaveState>("saved");
  const [error, setError] = useState("");
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [meta, setMeta] = useState(first);
  // What the server has, and as which version. `flow` is the very object that was sent, so that "unchanged" costs nothing.
  const kept = useRef({ version: first.version, flow: opened, content: first.definition });
  // Whoever began keeps it: a session may end, and somebody else may sit here before it is saved.
  const [owner] = useState(ownerOf);
  const running = useRef<Promise<boolean> | null>(null);

  const took = useCallback((saved: Saved, flow: Flow) => {
    kept.current = { version: saved.version, flow, content: saved.definition };
    setMeta(saved);
    onProblems(saved.problems);
  }, [onProblems]);

  const attempt = useCallback(async (): Promise<boolean> => {
    for (let turn = 0; turn < 3; turn += 1) {
      const { flow } = store.getState();
      if (flow === kept.current.flow) return true;
      setState("saving");
      if (owner !== null) keep(owner, sid, { version: kept.current.version, base: kept.current.content, flow });
      try {
        took(await api.save(sid, kept.current.version, flow), flow);
        if (owner !== null) forget(owner, sid);
      } catch (caught) {
        if (!(caught instanceof ApiError && caught.status === 412)) {
          setError(caught instanceof Error ? caught.message : String(caught));
          setState("failed");
          return false;
        }
        const theirs = await api.fetch(sid);
        // A version that moved without another content, such as by a secret that was set, is nobody's conflict.
        if (same(theirs.definition, kept.current.content)) {
          kept.current.version = theirs.version;
          continue;
        }
        setConflict({ base: kept.current.content, theirs });
        setState("conflict");
        return false;
      }
    }
    const isSaved = store.getState().flow === kept.current.flow;
    setState(isSaved ? "saved" : "changed");
    return isSaved;
  }, [sid, owner, store, took]);

  const save = useCallback((): Promise<boolean> => {
    const next = (running.current ?? Promise.resolve(true)).catch(() => false).then(attempt).then((done) => {
      if (done) setState("saved");
      return done;
    }, (caught: unknown) => {
      setError(caught instanceof Error ? caught.message : String(caught));
      setState("failed");
      return false;
    });
    running.current = next;
    return next;
  }, [attempt]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let since: number | null = null;
    const stop = store.subscribe((now, before) => {
      if (now.flow === before.flow) return;
      setState((was) => (was === "conflict" ? was : now.flow === kept.current.flow ? "saved" : "changed"));
      clearTimeout(timer);
      since ??= Date.now();
      timer = setTimeout(() => { since = null; void save(); }, Math.max(0, Math.min(REST_MS, since + LONGEST_MS - Date.now())));
    });
    return () => {
      stop();
      clearTimeout(timer);
      void save();
    };
  }, [store, save]);

  // What was kept when the page was last closed, and what could not be sent while there was no network.
  useEffect(() => {
    const again = () => void save();
    again();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [save]);

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (store.getState().flow !== kept.current.flow) event.preventDefault();
    };
    // Whoever leaves all the same finds it when the flow is opened again.
    const leave = () => {
      const { flow } = store.getState();
      if (owner !== null && flow !== kept.current.flow) keep(owner, sid, { version: kept.current.version, base: kept.current.content, flow });
    };
    window.addEventListener("beforeunload", warn);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("beforeunload", warn);
      window.removeEventListener("pagehide", leave);
    };
  }, [sid, owner, store]);

  /** Ends a conflict: `flow` goes on from their version. */
  const resolve = useCallback((flow: Flow) => {
    if (!conflict) return;
    const { theirs } = conflict;
    setConflict(null);
    setState("changed");
    const isTheirs = same(flow, theirs.definition);
    if (owner !== null) forget(owner, sid);
    took(theirs, isTheirs ? flow : theirs.definition);
    store.getState().change(() => flow);
    if (isTheirs) setState("saved");
    else void save();
  }, [conflict, save, sid, owner, store, took]);

  /** Reads what the server has now, after it changed the draft itself. */
  const reload = useCallback(async () => {
    const saved = await api.fetch(sid);
    took(saved, saved.definition);
    store.getState().change(() => saved.definition);
    setState("saved");
  }, [sid, store, took]);
  const refresh = useCallback(async () => setMeta(await api.fetch(sid)), [sid]);

  return { state, error, conflict, meta, save, resolve, reload, refresh };
}
export type Saving = ReturnType<typeof useSaving>;
