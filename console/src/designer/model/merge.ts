/** What two people made of one flow, put together: node by node, setting by setting. */
import { type Flow, isObject, same } from "./document";

export interface Difference { added: string[]; removed: string[]; changed: string[]; settings: string[] }

const byId = <T extends { id: string }>(list: readonly T[] | undefined): Map<string, T> => new Map((list ?? []).map((each) => [each.id, each]));
/** Lists whose members have an `id` and are merged one by one. */
const LISTS = ["nodes", "groups", "notes"] as const;

export function difference(from: Flow, to: Flow): Difference {
  const [before, after] = [byId(from.nodes), byId(to.nodes)];
  const settings = Object.keys({ ...from, ...to }).filter((name) => name !== "nodes" && !same(member(from, name), member(to, name)));
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: [...after.keys()].filter((id) => before.has(id) && !same(before.get(id), after.get(id))),
    settings,
  };
}

function member(flow: Flow, name: string): unknown {
  const value: unknown = Object.entries(flow).find(([key]) => key === name)?.[1];
  // Absent, null and empty are the same to the server.
  return (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0) || value === "" ? null : (value ?? null);
}

/**
 * Three-way, down to single members: what only one side changed is taken from it. Where both did, mine stays and `name` is told; a place on the
 * canvas is not worth telling.
 */
function mergeValue(was: unknown, my: unknown, their: unknown, name: string, conflicts: Set<string>, at = ""): unknown {
  if (same(my, their) || same(was, their)) return my;
  if (same(was, my)) return their;
  if (isObject(my) && isObject(their)) {
    const [before, names] = [isObject(was) ? was : {}, new Set([...Object.keys(their), ...Object.keys(my)])];
    const members = [...names].map((key) => [key, mergeValue(before[key], my[key], their[key], name, conflicts, key)] as const);
    return Object.fromEntries(members.filter(([, value]) => value !== undefined));
  }
  if (at !== "position" && at !== "x" && at !== "y") conflicts.add(name);
  return my;
}

/** Puts two flows that came from one together; `conflicts` names what both had changed. */
export function merge(base: Flow, mine: Flow, theirs: Flow): { flow: Flow; conflicts: string[] } {
  const conflicts = new Set<string>();
  const choose = <T>(name: string, was: T, my: T, their: T): T => mergeValue(was, my, their, name, conflicts) as T; // Members of a T, put together, are a T.
  const list = <T extends { id: string }>(was: readonly T[] | undefined, my: readonly T[] | undefined, their: readonly T[] | undefined): T[] => {
    const [a, b, c] = [byId(was), byId(my), byId(their)];
    const ids = new Set([...c.keys(), ...b.keys()]);
    return [...ids].map((id) => choose(id, a.get(id), b.get(id), c.get(id))).filter((each) => each !== undefined);
  };
  const merged: Flow = { ...theirs, ...mine };
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    if (LISTS.some((each) => each === name)) continue;
    Object.assign(merged, { [name]: choose(name, member(base, name), member(mine, name), member(theirs, name)) ?? undefined });
  }
  merged.nodes = list(base.nodes, mine.nodes, theirs.nodes);
  merged.groups = list(base.groups, mine.groups, theirs.groups);
  merged.notes = list(base.notes, mine.notes, theirs.notes);
  return { flow: merged, conflicts: [...conflicts] };
}
