import {
  IconAddressBook, IconAlertTriangle, IconApi, IconArrowForward, IconArrowsShuffle, IconBell, IconCalendarTime, IconChartBar, IconClock, IconCode, IconDatabase, IconDoorExit, IconFileText,
  IconFlag, IconForms, IconGitBranch, IconHandStop, IconHash, IconLanguage, IconListNumbers, IconMail, IconMessage, IconMessageQuestion, IconMicrophone,
  IconPhoneCall, IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing, IconPlayerPause, IconPlayerPlay, IconPuzzle, IconRegex, IconRepeat, IconRoute,
  IconSend, IconSquareRoundedX, IconStack2, IconTag, IconTransform, IconUsersGroup, IconVariable, IconVolume, IconWaveSine, IconWorld,
} from "@tabler/icons-react";

const icons: Record<string, typeof IconFlag> = {
  on_call: IconPhoneIncoming, on_message: IconMessage, on_web: IconWorld, on_schedule: IconCalendarTime, on_queue: IconStack2, on_subflow: IconPuzzle,
  say: IconVolume, ask: IconForms, menu: IconListNumbers, dial: IconPhoneCall, conference: IconUsersGroup, enqueue: IconStack2, take_from_queue: IconHandStop,
  record: IconMicrophone, hold: IconPlayerPause, resume: IconPlayerPlay, transfer: IconArrowForward, stream: IconWaveSine, hangup: IconPhoneOff,
  reject: IconSquareRoundedX, redirect: IconDoorExit, wait: IconClock, send_message: IconSend, ask_by_message: IconMessageQuestion, email: IconMail, call_out: IconPhoneOutgoing,
  condition: IconGitBranch, switch: IconRoute, set_variables: IconVariable, capture: IconRegex, loop: IconRepeat, counter: IconHash,
  business_hours: IconCalendarTime, language: IconLanguage, split: IconArrowsShuffle, subflow: IconPuzzle, goto: IconArrowForward, end: IconFlag,
  http: IconApi, store: IconDatabase, directory: IconAddressBook, script: IconCode, transform: IconTransform, log: IconFileText, tag: IconTag, metric: IconChartBar, alert: IconBell,
};
/** Colour is never alone: the kind is written beside its icon. */
export const iconOf = (type: string): typeof IconFlag => icons[type] ?? IconAlertTriangle;
