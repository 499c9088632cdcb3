import { Box, Text, useInput, useStdin, type Key as InkKey } from "ink";
import { useSyncExternalStore, type ReactNode } from "react";
import type { LineStyle, StyledLine } from "../lines.ts";
import type { Key } from "../state.ts";

/** What is to be shown, kept outside of the view: the table goes on whether anybody looks or not. */
export interface Store {
  subscribe: (listener: () => void) => () => void;
  lines: () => readonly (StyledLine | string)[];
}

interface Props {
  store: Store;
  colour: boolean;
  onKey: (key: Key) => void;
}

const COLOURED: Record<LineStyle, { bold?: boolean; color?: string; dimColor?: boolean; inverse?: boolean }> = {
  title: { bold: true },
  plain: {},
  warning: { color: "yellow", bold: true },
  columns: { color: "cyan", bold: true },
  selected: { inverse: true },
  dim: { dimColor: true },
};

/** One line of text below another; keys go to whoever keeps the state. */
export function App({ store, colour, onKey }: Props): ReactNode {
  const lines = useSyncExternalStore(store.subscribe, store.lines);
  const { isRawModeSupported } = useStdin();
  useInput(
    (input, key) => {
      for (const one of keysOf(input, key)) onKey(one);
    },
    { isActive: isRawModeSupported },
  );
  return (
    <Box flexDirection="column">
      {lines.map((line, at) => (
        // A line is its place on the screen.
        <Text key={`line-${at}`} wrap="truncate" {...styleOf(line, colour)}>
          {(typeof line === "string" ? line : line.text) || " "}
        </Text>
      ))}
    </Box>
  );
}

function styleOf(line: StyledLine | string, colour: boolean): object {
  if (typeof line === "string") return {};
  if (colour) return COLOURED[line.style];
  return line.style === "selected" ? COLOURED.selected : {};
}

/** Several keys may come in one piece when somebody types fast or pastes. */
function keysOf(input: string, key: InkKey): Key[] {
  const name = nameOf(key);
  if (name !== undefined) return [{ text: "", name, ctrl: key.ctrl }];
  if (key.ctrl) return [{ text: input, ctrl: true }];
  return Array.from(input, (text) =>
    text === "\r" || text === "\n" ? { text: "", name: "enter", ctrl: false } : { text, ctrl: false },
  );
}

function nameOf(key: InkKey): Key["name"] {
  if (key.upArrow) return "up";
  if (key.downArrow) return "down";
  if (key.leftArrow) return "left";
  if (key.rightArrow) return "right";
  if (key.pageUp) return "pageup";
  if (key.pageDown) return "pagedown";
  if (key.home) return "home";
  if (key.end) return "end";
  if (key.return) return "enter";
  if (key.escape) return "escape";
  return key.backspace || key.delete ? "erase" : undefined;
}
