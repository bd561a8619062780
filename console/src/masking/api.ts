import { useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, isRecord } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useSession } from "../api/session";

/** How often a list that may grow by itself is looked at, in milliseconds. */
export const LIVE_MS = 4_000;
const PAGE = 50;

/** Paths of number masking, for the account that is looked at. */
export function useMaskPaths() {
  const { account_sid } = useSession();
  return (rest: string, more: Record<string, string> = {}) => `/numbermasking/${rest}?${new URLSearchParams({ enterpriseSid: account_sid, ...more })}`;
}

/** What is in the envelope of this API. */
const data = (answer: unknown): Row => (isRecord(answer) && isRecord(answer["data"]) ? answer["data"] : {});

/** The first hundred of a list. */
export function useMasked(path: string, member: string, refetchInterval: number | false = false): UseQueryResult<Row[], Error> {
  return useQuery({ queryKey: ["rows", path], refetchInterval, queryFn: async () => rows(data(await get(`${path}&pageLength=100`))[member]) });
}

/** One record. */
export function useMask(path: string, refetchInterval: number | false = false): UseQueryResult<Row, Error> {
  return useQuery({ queryKey: ["one", path], refetchInterval, queryFn: async () => data(await get(path)) });
}

/** A list of any length, newest first. */
export function useMaskPages(path: string, member: string, refetchInterval: number | false = false) {
  return useInfiniteQuery({
    queryKey: ["rows", path, "pages"],
    refetchInterval,
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => rows(data(await get(`${path}&page=${pageParam}&pageLength=${PAGE}`))[member]),
    getNextPageParam: (last: Row[], all) => (last.length < PAGE ? undefined : all.length),
  });
}

/** `2026-11-28 09:30:00`, which is UTC, as a moment everybody reads alike. */
export function moment(row: Row | undefined, name: string): string {
  const said = text(row, name);
  return said && `${said.replace(" ", "T")}Z`;
}
