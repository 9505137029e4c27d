//! The same storm against what a Debian machine would use: dnsmasq or Kea, nginx and Kamailio.
//!
//! Tuned as well as their settings allow: no ping before an address is given, sockets with ears of
//! 8 MiB, one worker of nginx and two of Kamailio, no logs. Both keep their leases on the same disk
//! as the daemon's flash; dnsmasq has them there before the ACK, Kea never syncs. The file is
//! static and has as many bytes as the daemon's; every phone has the same password. A program that
//! is missing is said, and the comparison left out. PATH decides which are used, so that unpacked
//! packages do as well.

use super::bench::{measured, LINK_UP};
use super::cable::{Cable, Raised};
use super::generator;
use super::packet::Wire;
use super::report::Row;
use super::responder;
use super::server::Server;
use super::wish::Wish;
use super::{BOX_ADDRESS, BOX_DEVICE, POOL_FIRST, POOL_LAST};
use serde_json::json;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Kamailio says that it listens before its workers are there.
const WORKERS_START: Duration = Duration::from_millis(500);

/// A DHCP server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dhcp {
    Dnsmasq,
    Kea,
}

/// Where the peers are.
struct Peers {
    dhcp: (Dhcp, PathBuf),
    nginx: PathBuf,
    kamailio: PathBuf,
    modules: PathBuf,
}

/// Storms against the peers, the phones unknown and then known; none where a program is missing.
pub(crate) fn rows(
    wish: &Wish,
    (count, file_bytes): (u16, usize),
    scratch: &Path,
) -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for dhcp in [Dhcp::Dnsmasq, Dhcp::Kea] {
        match Peers::find(dhcp) {
            Ok(peers) => rows.extend(peers.storms(wish, (count, file_bytes), scratch)?),
            Err(missing) => println!("{count:>6} peers skipped: {missing}"),
        }
    }
    Ok(rows)
}

impl Peers {
    fn find(dhcp: Dhcp) -> Result<Peers, String> {
        let name = match dhcp {
            Dhcp::Dnsmasq => "dnsmasq",
            Dhcp::Kea => "kea-dhcp4",
        };
        let [server, nginx, kamailio] = [name, "nginx", "kamailio"].map(program);
        let kamailio = kamailio?;
        let modules = modules(&kamailio).ok_or("Kamailio's modules are not where they belong")?;
        Ok(Peers { dhcp: (dhcp, server?), nginx: nginx?, kamailio, modules })
    }

    fn storms(
        &self,
        wish: &Wish,
        (count, file_bytes): (u16, usize),
        scratch: &Path,
    ) -> io::Result<[Row; 2]> {
        let _ears = Raised::ears();
        let (mut never_seen, mut known) = (Vec::new(), Vec::new());
        for round in 0..wish.rounds {
            let cable = Cable::lay()?;
            let servers = self.start(&cable, scratch, file_bytes)?;
            let mut wire = Wire::open(cable.index)?;
            generator::settle(&mut wire, LINK_UP, LINK_UP)?;
            std::thread::sleep(WORKERS_START);
            let boot = round * 2;
            never_seen.push(measured(&mut wire, &servers, None, (count, boot), wish)?);
            known.push(measured(&mut wire, &servers, None, (count, boot + 1), wish)?);
        }
        let [new, seen, flash] = match self.dhcp.0 {
            Dhcp::Dnsmasq => ["dnsmasq.., new", "dnsmasq.., known", "disk"],
            Dhcp::Kea => ["Kea.., new", "Kea.., known", "unsynced"],
        };
        Ok([Row { name: new, flash, storms: never_seen }, Row { name: seen, flash, storms: known }])
    }

    fn start(&self, cable: &Cable, scratch: &Path, file_bytes: usize) -> io::Result<Vec<Server>> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let leases = scratch.join("leases");
        let _ = fs::remove_file(&leases);
        let dhcp = match &self.dhcp {
            (Dhcp::Dnsmasq, program) => {
                let mut words = DNSMASQ.map(str::to_owned).to_vec();
                words.push(format!("--interface={BOX_DEVICE}"));
                words.push(format!("--dhcp-range={POOL_FIRST},{POOL_LAST},255.255.240.0,12h"));
                words.push(format!("--dhcp-option-force=66,http://{BOX_ADDRESS}/"));
                words.push(format!("--dhcp-leasefile={}", text(&leases)));
                contained(cable, program, &words, scratch, "DHCP, IP range")?
            }
            (Dhcp::Kea, program) => {
                // The number that the one before wrote down is this one's too, in a namespace.
                let _ = fs::remove_file(scratch.join("kea.kea-dhcp4.pid"));
                let settings = scratch.join("kea.json");
                fs::write(&settings, kea(&leases))?;
                // It wants folders of its own for its locks.
                let here = ["KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR"];
                let mut words = here.map(|name| format!("{name}={}", text(scratch))).to_vec();
                words.extend([text(program), "-c".to_owned(), text(&settings)]);
                contained(cable, Path::new("env"), &words, scratch, "DHCP4_STARTED")?
            }
        };
        fs::write(scratch.join("phone.cfg"), responder::body(file_bytes))?;
        let settings = scratch.join("nginx.conf");
        fs::write(&settings, nginx(scratch))?;
        let prefix = text(scratch);
        let words = ["-p", &prefix, "-c", &text(&settings)].map(str::to_owned);
        let nginx = contained(cable, &self.nginx, &words, scratch, "epoll")?;
        let settings = scratch.join("kamailio.cfg");
        fs::write(&settings, kamailio(&self.modules))?;
        let words = ["-DD", "-E", "-Y", &prefix, "-f", &text(&settings)].map(str::to_owned);
        let kamailio = contained(cable, &self.kamailio, &words, scratch, "Listening on")?;
        Ok(vec![dhcp, nginx, kamailio])
    }
}

/// Starts a program that starts others, so that all of them end with it.
fn contained(
    cable: &Cable,
    program: &Path,
    words: &[String],
    scratch: &Path,
    mark: &str,
) -> io::Result<Server> {
    let path = program.to_string_lossy();
    let mut all = vec!["--pid", "--fork", "--kill-child", "--", &path];
    all.extend(words.iter().map(String::as_str));
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let log = scratch.join(format!("{name}.log"));
    Server::start(cable, Path::new("unshare"), &all, (log, mark))
}

fn program(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/bin"].map(PathBuf::from);
    let mut places = std::env::split_paths(&path).chain(usual).map(|place| place.join(name));
    places.find(|path| path.is_file()).ok_or(format!("{name} is not installed"))
}

/// The modules that belong to a Kamailio in `../sbin`.
fn modules(kamailio: &Path) -> Option<PathBuf> {
    let root = kamailio.parent()?.parent()?.join("lib");
    let places = fs::read_dir(root).ok()?.flatten();
    places.map(|place| place.path().join("kamailio/modules")).find(|path| path.is_dir())
}

const DNSMASQ: [&str; 9] = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--log-facility=-",
    "--port=0",
    "--no-ping",
    "--quiet-dhcp",
    "--dhcp-authoritative",
    "--dhcp-lease-max=5000",
    "--user=root",
];

/// Nothing is said of a packet; that it has started is.
fn kea(leases: &Path) -> String {
    let logger = |name: &str, severity: &str| {
        json!({
            "name": name,
            "severity": severity,
            "output_options": [{ "output": "stderr" }],
        })
    };
    let option = json!({
        "name": "tftp-server-name",
        "always-send": true,
        "data": format!("http://{BOX_ADDRESS}/"),
    });
    let subnet = json!({
        "id": 1,
        "subnet": format!("{BOX_ADDRESS}/20"),
        "pools": [{ "pool": format!("{POOL_FIRST} - {POOL_LAST}") }],
        "option-data": [option],
    });
    let settings = json!({
        "interfaces-config": { "interfaces": [BOX_DEVICE] },
        "lease-database": { "type": "memfile", "name": leases, "lfc-interval": 0 },
        "valid-lifetime": 43_200,
        "subnet4": [subnet],
        "loggers": [logger("kea-dhcp4", "WARN"), logger("kea-dhcp4.dhcp4", "INFO")],
    });
    json!({ "Dhcp4": settings }).to_string()
}

fn nginx(scratch: &Path) -> String {
    let root = scratch.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let rooms: String =
        kinds.iter().map(|kind| format!("  {kind}_temp_path {root}/{kind};\n")).collect();
    format!(
        "daemon off;\nmaster_process off;\nuser root;\npid {root}/nginx.pid;\n\
         error_log stderr notice;\nevents {{ worker_connections 8192; }}\n\
         http {{\n{rooms}  access_log off;\n  server {{\n\
         listen {BOX_ADDRESS}:80 backlog=4096;\n    root {root};\n\
         location / {{ try_files /phone.cfg =404; }}\n  }}\n}}\n"
    )
}

fn kamailio(modules: &Path) -> String {
    let load = ["sl", "pv", "textops", "auth", "usrloc", "registrar"];
    let load: String = load.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
    format!(
        "#!KAMAILIO\nchildren=2\ndisable_tcp=yes\nauto_aliases=no\nlog_facility=LOG_LOCAL0\n\
         listen=udp:{BOX_ADDRESS}:5060\nmpath=\"{}\"\n{load}\
         request_route {{\n\
         if (!is_method(\"REGISTER\")) {{ exit; }}\n\
         if (!pv_www_authenticate(\"$td\", \"s\", \"0\")) {{\n\
         www_challenge(\"$td\", \"1\");\n  exit;\n}}\n\
         if (!save(\"location\")) {{ sl_reply_error(); }}\n}}\n",
        modules.display()
    )
}
