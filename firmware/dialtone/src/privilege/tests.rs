//! Root is given up in a child process, which then tries what it must not be able to do.

use super::*;
use nix::sys::wait::{waitpid, WaitStatus};
use nix::unistd::{fork, ForkResult};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

const STATUS: &str = "\
Name:\tdialtone
Uid:\t100\t100\t100\t100
Gid:\t101\t101\t101\t101
Groups:\t
CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t1
";

#[test]
fn any_power_that_is_left_is_named() {
    assert_eq!(left(STATUS, 100, 101), None);
    assert_eq!(left(STATUS, 100, 100).as_deref(), Some("Gid: 101\t101\t101\t101"));
    for (from, to) in [
        ("Uid:\t100\t100\t100", "Uid:\t100\t100\t0"),
        ("Gid:\t101\t101\t101", "Gid:\t101\t101\t0"),
        ("CapInh:\t0", "CapInh:\t1"),
        ("CapPrm:\t0", "CapPrm:\t1"),
        ("CapEff:\t0", "CapEff:\t1"),
        ("CapAmb:\t0", "CapAmb:\t1"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0"),
        ("CapPrm:", "Cap:"),
    ] {
        let named = left(&STATUS.replace(from, to), 100, 101).unwrap();
        assert!(named.starts_with(from.split('\t').next().unwrap()), "{named}");
    }
}

#[test]
fn a_user_that_is_root_or_nobody_knows_is_refused() {
    let refusal = drop_to("root").unwrap_err();
    assert!(refusal.contains("as mighty as root"), "{refusal}");
    let refusal = drop_to("no-such-user").unwrap_err();
    assert!(refusal.contains("there is no user"), "{refusal}");
}

#[test]
fn root_is_not_given_up_beside_other_threads() {
    // The test's own thread is the second at least.
    let refusal = drop_to("nobody").unwrap_err();
    assert!(refusal.contains("before threads are started"), "{refusal}");
}

#[test]
fn what_is_given_up_cannot_be_had_again_and_what_serving_needs_still_works() {
    let Some(tried) = tried_in_a_child() else { return };
    let of = |what: &str| tried.get(what).map(String::as_str).unwrap_or_default();
    assert!(of("drop").starts_with("runs as"), "{tried:?}");
    for what in ["become root", "take a group", "raw socket", "low port"] {
        assert_eq!(of(what), "refused", "{what}: {tried:?}");
    }
    for what in [
        "bound transfer",
        "netlink",
        "own figures",
        "a port's state",
        "open file",
        "accept",
        "thread",
    ] {
        assert_eq!(of(what), "done", "{what}: {tried:?}");
    }
    let abi = kernels_landlock();
    let files = match abi {
        1.. => format!("(Landlock {abi})"),
        _lacking => "no Landlock".to_owned(),
    };
    assert!(of("drop").contains(&files), "{files}: {tried:?}");
    for what in ["read a file", "write a file", "start a program", "list a folder"] {
        let wanted = if abi > 0 { "refused" } else { of(what) };
        assert_eq!(of(what), wanted, "{what}: {tried:?}");
    }
    if abi >= 4 {
        assert_eq!((of("listen"), of("connect")), ("refused", "refused"), "{tried:?}");
    }
}

/// The kernel's own word: 0 or less where it has no Landlock.
fn kernels_landlock() -> libc::c_long {
    let none = std::ptr::null::<u8>();
    // SAFETY: asked for its version the kernel reads nothing.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, 1_usize) }
}

/// Who to become: root becomes somebody else; a developer has nothing but himself.
fn somebody() -> String {
    let own = Uid::effective();
    if own.is_root() {
        return "nobody".to_owned();
    }
    User::from_uid(own).unwrap().expect("the user of this test has no name").name
}

/// What a child process says that is not alone although it has started nobody.
const EMULATED: &str = "emulated";

/// What a child process could do after the drop; `None` where an emulator's own threads forbid it.
fn tried_in_a_child() -> Option<BTreeMap<String, String>> {
    let user = somebody();
    let path = std::env::temp_dir().join(format!("dialtone-drop-{}", std::process::id()));
    let (mut heard, mut said) = std::io::pipe().unwrap();
    // SAFETY: the child has one thread, allocates and calls the kernel only (the allocator is made
    // for this), and ends without running anything of its parent's.
    let child = match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let lines: String = match alone() {
                Ok(()) => {
                    let tried = tries(&user, &path).into_iter();
                    tried.map(|(what, how)| format!("{what}={how}\n")).collect()
                }
                Err(_threads) => EMULATED.to_owned(),
            };
            let _ = said.write_all(lines.as_bytes());
            // SAFETY: ends the process, and nothing of the parent's is run.
            unsafe { libc::_exit(0) }
        }
    };
    drop(said);
    let mut text = String::new();
    heard.read_to_string(&mut text).unwrap();
    assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)), "{text}");
    if text == EMULATED {
        eprintln!("test skipped: an emulator has threads of its own");
        return None;
    }
    assert_eq!(fs::read(&path).unwrap_or_default(), b"ke", "{text}");
    fs::remove_file(&path).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let tried = lines.map(|(what, how)| (what.to_owned(), how.to_owned())).collect();
    Some(tried)
}

fn tries(user: &str, path: &Path) -> Vec<(&'static str, String)> {
    let kept = File::create(path).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap();
    let _caller = TcpStream::connect(here).unwrap();
    let dropped = match drop_to(user) {
        Ok(dropped) => dropped.to_string(),
        Err(why) => return vec![("drop", why)],
    };
    let root = Uid::from_raw(0);
    let figures =
        fs::read_to_string("/proc/self/smaps_rollup").map(|it| assert!(it.contains("Pss")));
    vec![
        ("drop", dropped),
        ("become root", how(setresuid(root, root, root))),
        ("take a group", how(setgroups(&[Gid::from_raw(0)]))),
        ("raw socket", how(crate::raw::RawPort::open(1, wire::Mac([2; 6])).map(drop))),
        ("low port", how(low_port())),
        ("bound transfer", how(bound_transfer())),
        ("netlink", how(crate::neighbour::Neighbours::open().map(drop))),
        ("own figures", how(figures)),
        ("a port's state", how(fs::read("/sys/class/net/lo/operstate"))),
        ("open file", how(kept.write_all_at(b"kept", 0).and_then(|()| kept.set_len(2)))),
        ("accept", how(listener.accept().map(drop))),
        ("thread", how(std::thread::Builder::new().spawn(|| ()).map(|thread| thread.join()))),
        ("read a file", how(fs::read("/etc/passwd"))),
        ("write a file", how(fs::write(path.with_extension("more"), "a"))),
        ("list a folder", how(fs::read_dir("/etc").map(drop))),
        ("start a program", how(started())),
        ("listen", how(TcpListener::bind("127.0.0.1:0").map(drop))),
        ("connect", how(TcpStream::connect(here).map(drop))),
    ]
}

fn how<T, E>(outcome: Result<T, E>) -> String {
    if outcome.is_ok() { "done" } else { "refused" }.to_owned()
}

/// A socket for a TFTP transfer, as the daemon opens it.
fn bound_transfer() -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    let socket = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet,
        nix::sys::socket::SockType::Datagram,
        nix::sys::socket::SockFlag::empty(),
        None,
    )?;
    setsockopt(&socket, sockopt::BindToDevice, &"lo".into())?;
    UdpSocket::from(socket).local_addr().map(drop)
}

/// Where the system calls these ports low, and this is not its root's own choice.
fn low_port() -> io::Result<()> {
    let first = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")?;
    if first.trim() != "1024" {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    UdpSocket::bind("127.0.0.1:1").map(drop)
}

fn started() -> io::Result<ExitStatus> {
    Command::new("/bin/true").status()
}
