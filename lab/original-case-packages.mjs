// What is on the made host of the original case: packages, configuration and logs, as data.

const job = (description, command) => `# ${description}

description "${description}"

start on runlevel [2345]
stop on runlevel [!2345]

expect fork
respawn

exec ${command}
`;

/** Packages with their files. A file is a link, a text, or a dynamic program of `size` bytes. */
export const PACKAGES = [
  {
    name: "at",
    version: "3.1.14-1ubuntu1",
    section: "admin",
    depends: "libc6 (>= 2.14), libpam0g (>= 0.99.7.1), libselinux1 (>= 1.32)",
    about: "Delayed job execution and batch processing",
    built: "2013-10-21T16:02:47Z",
    conffiles: {
      "/etc/init/atd.conf": job("deferred execution scheduler", "atd"),
      "/etc/at.deny": "daemon\nbin\nsys\nwww-data\n",
    },
    files: [
      { path: "/usr/sbin/atd", size: 22_544 },
      { path: "/usr/bin/at", size: 47_032, mode: 0o6755 },
      { path: "/usr/bin/batch", text: '#!/bin/sh\nexec at -q b -m now "$@"\n', mode: 0o755 },
      { path: "/usr/bin/atq", link: "at" },
      { path: "/usr/bin/atrm", link: "at" },
      { path: "/usr/share/doc/at/README", text: "at runs commands later.\n" },
    ],
  },
  {
    name: "cron",
    version: "3.0pl1-124ubuntu2",
    section: "admin",
    depends: "libc6 (>= 2.8), libpam0g (>= 0.99.7.1)",
    about: "process scheduling daemon",
    built: "2013-02-09T14:40:12Z",
    conffiles: {
      "/etc/init/cron.conf": job("regular background program processing daemon", "cron"),
      "/etc/crontab": "SHELL=/bin/sh\n17 * * * * root cd / && run-parts --report /etc/cron.hourly\n",
    },
    files: [
      { path: "/usr/sbin/cron", size: 44_256 },
      { path: "/usr/bin/crontab", size: 36_144, mode: 0o2755 },
    ],
  },
  {
    name: "upstart",
    version: "1.12.1-0ubuntu4.2",
    section: "admin",
    depends: "libc6 (>= 2.15)",
    about: "event-based init daemon",
    built: "2014-07-18T13:02:00Z",
    conffiles: {
      "/etc/init/control-alt-delete.conf":
        'description "emergency keypress handling"\n\nstart on control-alt-delete\n\ntask\nexec shutdown -r now "Control-Alt-Delete pressed"\n',
    },
    files: [
      { path: "/sbin/init", size: 265_848 },
      { path: "/sbin/initctl", size: 193_512 },
      { path: "/sbin/shutdown", size: 86_728 },
      { path: "/sbin/start", link: "initctl" },
      { path: "/sbin/stop", link: "initctl" },
    ],
  },
];

/** Files that belong to no package here, or that a maintainer script writes. */
export const CONFIGURATION = {
  "/etc/os-release":
    'NAME="Ubuntu"\nVERSION="14.04.1 LTS, Trusty Tahr"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 14.04.1 LTS"\nVERSION_ID="14.04"\n',
  "/etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\n",
  "/etc/debian_version": "jessie/sid\n",
  "/etc/hostname": "web-03\n",
  "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
  "/etc/group": "root:x:0:\ndaemon:x:1:\n",
};

/** Logs of the time when the impostor came. 203.0.113.0/24 is the documentation network of RFC 5737. */
export const LOGS = {
  "/var/log/dpkg.log": `2014-08-05 10:11:02 install at:amd64 <none> 3.1.14-1ubuntu1
2014-08-05 10:11:02 status installed at:amd64 3.1.14-1ubuntu1
2014-08-05 10:11:03 install cron:amd64 <none> 3.0pl1-124ubuntu2
2014-08-05 10:11:03 status installed cron:amd64 3.0pl1-124ubuntu2
2014-08-05 10:11:05 install upstart:amd64 <none> 1.12.1-0ubuntu4.2
2014-08-05 10:11:05 status installed upstart:amd64 1.12.1-0ubuntu4.2
`,
  "/var/log/auth.log": `Feb 20 08:09:58 web-03 sshd[21904]: Failed password for root from 203.0.113.77 port 40112 ssh2
Feb 20 08:10:01 web-03 sshd[21906]: Failed password for root from 203.0.113.77 port 40118 ssh2
Feb 20 08:11:40 web-03 sshd[21911]: Accepted password for root from 203.0.113.77 port 40131 ssh2
Feb 20 08:11:40 web-03 sshd[21911]: pam_unix(sshd:session): session opened for user root by (uid=0)
Feb 20 08:15:02 web-03 sshd[21911]: pam_unix(sshd:session): session closed for user root
`,
};
