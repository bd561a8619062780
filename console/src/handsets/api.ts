import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, isRecord, post } from "../api/client";
import { type Row, rows, text } from "../api/lists";

const ALL = "/restcomm/2012-04-24/Handsets";
/** Where a phone is. */
export const one = (number: string) => `${ALL}/${encodeURIComponent(number)}`;

/** How often a phone is looked at, in milliseconds: a person who waits for a text sees it at once. */
const LOOK_MS = 1_000;

export function useHandsets() {
  return useQuery({ queryKey: ["handsets"], refetchInterval: 3_000, queryFn: async () => listed(await get(`${ALL}.json`), "handsets") });
}

export function useHandset(number: string) {
  return useQuery({ queryKey: ["handset", number], queryFn: async () => record(await get(`${one(number)}.json`)) });
}

export function useTexts(number: string) {
  return useQuery({ queryKey: ["handset", number, "messages"], refetchInterval: LOOK_MS, queryFn: async () => listed(await get(`${one(number)}/Messages.json`), "messages") });
}

export function useTalks(number: string) {
  return useQuery({ queryKey: ["handset", number, "calls"], refetchInterval: LOOK_MS, queryFn: async () => listed(await get(`${one(number)}/Calls.json`), "calls") });
}

/** Does something with the phone; what is shown of it is then looked at again. */
export function useAct(number: string, done?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ path = "", form }: { path?: string; form: Record<string, string> }) => post(`${one(number)}${path}.json`, form),
    onSuccess: () => {
      done?.();
      return queries.invalidateQueries({ queryKey: ["handset", number] });
    },
  });
}

/** The call that is not over. */
export const live = (calls: Row[] | undefined): Row | undefined => calls?.find((call) => text(call, "date_ended") === "");

const record = (value: unknown): Row => (isRecord(value) ? value : {});
const listed = (value: unknown, member: string): Row[] => rows(record(value)[member]);
