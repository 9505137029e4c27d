//! SIP clients of others: SIPp with scenarios written here, and sipsak.

use crate::daemon::BOX;
use crate::files::Account;
use crate::net::{Host, Said};

/// How SIPp speaks.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// One connection.
    Tcp,
}

/// Registers by SIPp from the host's address: once without credentials, which must be answered
/// 401, and once with them, which must be answered `wanted`.
pub fn register(host: &Host, ip: &str, account: &Account, by: Transport, wanted: u16) -> Said {
    register_within(host, ip, account, by, wanted, "8s")
}

/// The same with a time within which all has to be said.
pub fn register_within(
    host: &Host,
    ip: &str,
    account: &Account,
    by: Transport,
    wanted: u16,
    patience: &str,
) -> Said {
    let Account { login, password, .. } = account;
    let ask = |number: u8, credentials: &str| request(login, number, credentials);
    let credentials = format!("[authentication username={login} password={password}]");
    let scenario = format!(
        "<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n<scenario name=\"register\">\n\
         <send retrans=\"500\"><![CDATA[{}]]></send>\n\
         <recv response=\"401\" auth=\"true\"/>\n\
         <send retrans=\"500\"><![CDATA[{}]]></send>\n\
         <recv response=\"{wanted}\"/>\n</scenario>\n",
        ask(1, ""),
        ask(2, &credentials),
    );
    host.write("register.xml", &scenario);
    let transport = match by {
        Transport::Udp => "u1",
        Transport::Tcp => "t1",
    };
    host.run(
        "sipp",
        &[
            &account.server,
            "-sf",
            "register.xml",
            "-m",
            "1",
            "-i",
            ip,
            "-p",
            "5060",
            "-t",
            transport,
            "-nostdin",
            "-timeout",
            patience,
            "-timeout_error",
            "-trace_err",
        ],
    )
}

fn request(login: &str, number: u8, credentials: &str) -> String {
    let credentials = match credentials {
        "" => String::new(),
        some => format!("\n{some}"),
    };
    format!(
        "\n\nREGISTER sip:[remote_ip] SIP/2.0\n\
         Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n\
         Max-Forwards: 70\n\
         From: <sip:{login}@[remote_ip]>;tag=[pid]SIPp[call_number]\n\
         To: <sip:{login}@[remote_ip]>\n\
         Call-ID: [call_id]\n\
         CSeq: {number} REGISTER\n\
         Contact: <sip:{login}@[local_ip]:[local_port];transport=[transport]>\n\
         Expires: 600\n\
         User-Agent: Yealink SIP-T46S 66.86.0.15{credentials}\n\
         Content-Length: 0\n\n"
    )
}

/// Registers by sipsak.
pub fn sipsak(host: &Host, ip: &str, account: &Account) -> Said {
    let Account { login, password, .. } = account;
    let at = format!("sip:{login}@{BOX}");
    let contact = format!("sip:{login}@{ip}:5060");
    host.run(
        "sipsak",
        &["-v", "-U", "-C", &contact, "-x", "600", "-u", login, "-a", password, "-s", &at],
    )
}
