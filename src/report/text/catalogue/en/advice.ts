/** What to do: an order, without a final stop; the command stands beside it on the screen. */
export const advice = {
  "advice.isolate": "take the host off the network, but leave it running: its memory is evidence",
  "advice.preserve-evidence": "collect the evidence about {program:base} for the security team",
  "advice.prove": "prove the cause: hold it, let it go and measure; everything is taken back",
  "advice.move-aside": "take {program} out of the way; it can be put back exactly",
  "advice.stop-supervisor": "keep {supervisor} from starting {unit} again ({file}[[:{line}]])",
  "advice.reinstall-package": "reinstall package {package}",
  "advice.reinstall-host": "reinstall the host from trusted media: who placed this file was root",
  "advice.reboot": "reboot: the copies that run do not need the file any more, and each is gone before it can be ended",
  "advice.check-origin": "find out how {program} got here",
  "advice.read-log": "read how the last runs of {unit} ended",
  "advice.pause-process": "hold {spawner} while you look: it goes on where it was",
  "advice.agent-interval":
    "give {spawner} a longer interval: {file}:{line} says {text:words}, which is the {periodMs:ms} seen",
  "advice.hold-udev": "hold the handling of device events while you look",
  "advice.fix-program": "find out why {program} [[ends with {end:end}||keeps ending]]",
  "advice.limit-restarts": "limit how often {supervisor} restarts {unit} ({file})",
  "advice.fix-script":
    "make the loop of [[{spawner}||the shell]][[ in {script}]][[, line {line},]] wait, or work without a process each time",
  "advice.cap-processes":
    "put a limit on processes[[ of {unit}]] before you stop {program:base}: it forks faster than you can kill",
  "advice.look-at-spawner": "look at {spawner}: it starts them",
  "advice.nothing": "nothing to do",
  "advice.run-as-root": "run as root: kernel events are closed to other users",
  "advice.run-longer": "observe for longer",
  "advice.give-root": "say which file system the paths of the log belong to",
  "advice.observe-live": "observe the host itself: the kernel tells who forks, and nothing is slowed down as by strace",
  "advice.observe-here": "observe the host itself, or record again what is missing above",
  "advice.audit-rules": "make the kernel record forks, execs and exits, then collect the log again",
} as const;
