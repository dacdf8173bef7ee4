//! A local AWS for the tests, and a door before it that counts, answers by itself, or lets through.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::{Run, command, repository, run};

/// The simulator's port. One serves all tests of a binary; each deploys under names of its own.
pub fn simulator() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let port = free_port();
        let program = tool("ministack");
        start(&program, &[], &[("BIND_HOST", "127.0.0.1".to_owned()), ("GATEWAY_PORT", port.to_string())]);
        wait_for(port, "/_ministack/health");
        port
    })
}

/// A proxy before the simulator that injects faults, for the tests of one binary.
pub fn faults() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let port = free_port();
        let behind = format!("http://127.0.0.1:{}", simulator());
        let arguments = ["--host", "127.0.0.1", "-u", &behind, "-p", &port.to_string()];
        start(&tool("microburst"), &arguments.map(str::to_owned), &[]);
        wait_for(port, "/_microburst/health");
        port
    })
}

/// Puts rules in the place of all that the proxy has.
pub fn set_faults(port: u16, rules: &serde_json::Value) {
    let (status, _) =
        by_hand(port, "POST", "/_microburst/rules", &rules.to_string()).expect("the proxy answers");
    assert!(status.contains(" 200 "), "{status}");
}

/// How many faults the proxy has injected since its rules were set.
pub fn fired(port: u16) -> usize {
    let (_, body) = by_hand(port, "GET", "/_microburst/rules", "").expect("the proxy answers");
    let rules: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let rules = rules.as_array().cloned().unwrap_or_default();
    rules.iter().map(|rule| rule["fired_count"].as_u64().unwrap_or(0) as usize).sum()
}

/// A program of the simulator's installation.
pub fn tool(name: &str) -> PathBuf {
    let made = Command::new(repository().join("scripts/aws-simulator")).output().expect("the script runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).expect("a path").trim()).with_file_name(name)
}

/// Starts a service that ends, by its process id, when our end of the pipe closes: also if we die.
fn start(program: &Path, arguments: &[String], environment: &[(&str, String)]) {
    let mut child = Command::new("sh")
        .args(["-c", "\"$0\" \"$@\" >/dev/null 2>&1 & pid=$!; cat >/dev/null; kill $pid"])
        .arg(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell starts");
    // Kept open, and the shell not waited for, until this process ends.
    std::mem::forget(child.stdin.take());
    std::thread::spawn(move || child.wait());
}

fn wait_for(port: u16, path: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    while !by_hand(port, "GET", path, "").is_some_and(|(status, _)| status.contains(" 200 ")) {
        assert!(Instant::now() < until, "nothing answers at {path}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A request by hand: the status line and the body.
pub fn by_hand(port: u16, method: &str, path: &str, body: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next().unwrap_or_default().to_owned() + " ", body.to_owned()))
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("an address").port()
}

/// A request to AWS.
#[derive(Clone, Debug)]
pub struct Request {
    /// `DescribeStacks`, or for S3 `HEAD /bucket/key`.
    pub action: String,
    /// The lines before the body.
    pub head: String,
    /// The body, decoded where it is a form.
    pub body: String,
}

impl Request {
    /// The value of a form's field.
    pub fn field(&self, name: &str) -> Option<String> {
        form(&self.body).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

fn form(text: &str) -> Vec<(String, String)> {
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (decoded(k), decoded(v))).collect()
}

/// A text as a form writes it.
pub fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut result, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'%' => {
                let hex = text.get(at + 1..at + 3).unwrap_or("20");
                result.push(u8::from_str_radix(hex, 16).unwrap_or(b'?'));
                at += 2;
            }
            b'+' => result.push(b' '),
            other => result.push(*other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&result).into_owned()
}

/// Posts a form to the simulator's CloudFormation and gives its answer.
pub fn call(port: u16, form: &str) -> String {
    post(port, "cloudformation", form)
}

/// Posts a form to the simulator's IAM and gives its answer.
pub fn call_iam(port: u16, form: &str) -> String {
    let said = post(port, "iam", form);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    said
}

fn post(port: u16, service: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the simulator answers");
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {service}.us-east-1.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    )
    .expect("the simulator answers");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the simulator answers");
    text
}

/// Lets a held stack go on.
pub fn signal(port: u16, stack: &str) {
    let said = call(
        port,
        &format!(
            "Action=DescribeStackResource&Version=2010-05-15&StackName={stack}&LogicalResourceId=Handle"
        ),
    );
    let url =
        said.split("<PhysicalResourceId>").nth(1).and_then(|rest| rest.split('<').next()).expect("a handle");
    let url = url.replace("&amp;", "&");
    let path = url.splitn(4, '/').nth(3).expect("the simulator answers");
    let body = r#"{"Status":"SUCCESS","Reason":"done","UniqueId":"1","Data":"x"}"#;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the simulator answers");
    write!(
        stream,
        "PUT /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("the simulator answers");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the simulator answers");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

/// An answer that a test writes itself: status and body.
pub type Reply = (u16, String);

type Script = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// A door before the simulator: it records each request, and answers those that its script knows.
pub struct Door {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Door {
    /// Opens a door. Without a simulator behind it, what the script does not answer is an error.
    pub fn open(
        behind: Option<u16>,
        script: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, script): (_, Arc<Script>) = (Arc::clone(&requests), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || {
                    // A client that goes away is its own affair.
                    let _ = serve(stream, behind, &log, &*script);
                });
            }
        });
        Self { port, requests }
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic before").clone()
    }

    /// The actions so far.
    pub fn actions(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.action).collect()
    }
}

fn serve(
    stream: TcpStream,
    behind: Option<u16>,
    log: &Mutex<Vec<Request>>,
    script: &Script,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    let (mut length, mut waits, mut target) = (0, false, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        waits |= lower.starts_with("expect:");
        if lower.starts_with("x-amz-target:") {
            target = line.trim().rsplit('.').next().map(str::to_owned);
        }
        if line == "\r\n" {
            break;
        }
        // One request a connection keeps this simple.
        if !lower.starts_with("connection:") && !lower.starts_with("expect:") {
            head.push_str(&line);
        }
    }
    let mut stream = stream;
    if waits {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let named = form(&text).into_iter().find(|(key, _)| key == "Action").map(|(_, value)| value);
    let named = named.or(target);
    let path = path.split("x-id").next().unwrap_or(path).trim_end_matches(['?', '&']);
    let action = named.unwrap_or_else(|| format!("{method} {path}"));
    let request = Request { action, head: head.clone(), body: text };
    log.lock().expect("no panic before").push(request.clone());
    // Who calls is asked first of all: a script need not say it.
    let answered = script(&request).or_else(|| usual(&request).filter(|_| behind.is_none()));
    if let Some((status, body)) = answered {
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        return stream.write_all(body.as_bytes());
    }
    let Some(behind) = behind else {
        let body = "<ErrorResponse><Error><Code>Unscripted</Code><Message>no answer</Message></Error></ErrorResponse>";
        return write!(
            stream,
            "HTTP/1.1 400 X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
    };
    let mut upstream = TcpStream::connect(("127.0.0.1", behind))?;
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(b"Connection: close\r\n\r\n")?;
    upstream.write_all(&body)?;
    std::io::copy(&mut upstream, &mut stream)?;
    Ok(())
}

/// What a script without a simulator need not answer: who calls, and a bucket that is as it ought to be.
fn usual(request: &Request) -> Option<Reply> {
    if request.action == "GetCallerIdentity" {
        return Some(identity("000000000000"));
    }
    let (method, path) = request.action.split_once(" /")?;
    let part = path.split_once('?').map(|(_, part)| part)?;
    let body = match (method, part.trim_end_matches('=')) {
        ("GET", "publicAccessBlock") => {
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        }
        ("GET", "ownershipControls") => {
            "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
        }
        ("GET", "encryption") => {
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        }
        ("GET", "versioning") => {
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        }
        _ => return None,
    };
    Some((200, body.to_owned()))
}

/// Who calls, as STS says it.
pub fn identity(account: &str) -> Reply {
    answer(
        "GetCallerIdentity",
        &format!(
            "<Account>{account}</Account><Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId>"
        ),
    )
}

/// An error as CloudFormation and IAM write it.
pub fn error(code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    (400, body)
}

/// An answer as CloudFormation writes it.
pub fn answer(action: &str, result: &str) -> Reply {
    (200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

const NETWORK: &str = "\
Outputs:
  VpcId: {Value: !Ref Vpc}
  SubnetId: {Value: !Ref Subnet}
  GroupId: {Value: !GetAtt Group.GroupId}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: g}}
";

/// A folder with a deployment, and where its calls go.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub port: u16,
}

/// Secrets of the tests: they may appear in nothing that is printed.
pub const SECRETS: [&str; 2] = ["correct-horse-battery", "s3cret-in-a-url"];

impl Place {
    /// An empty folder before a port.
    pub fn new(port: u16) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), port }
    }

    /// A folder with the pair of the example, and its deployment file.
    pub fn example(port: u16, name: &str) -> Self {
        let place = Self::new(port);
        place.write("quilt.yaml", &example());
        let config =
            std::fs::read_to_string(repository().join("examples/quilt/config.yaml")).expect("a file");
        place.write("config.yaml", &config);
        let ran = run(place.folder.path(), &["split", "quilt.yaml", "--config", "config.yaml"], b"");
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let app = std::fs::read_to_string(place.path("quilt-app.yaml")).expect("a file");
        place.write("quilt-app.yaml", &deployable(&app));
        place.write("db-url", &format!("postgresql://u:{}@h/db\n", SECRETS[1]));
        let settings =
            std::fs::read_to_string(repository().join("examples/quilt/deployment.yaml")).expect("a file");
        place.write("deployment.yaml", &settings.replace("name: quilt-prod", &format!("name: {name}")));
        place
    }

    /// A folder with the real template, its pair and its deployment file; `None` where it is not there.
    pub fn real(port: u16, name: &str) -> Option<Self> {
        let corpus = crate::corpus()?.join("quilt");
        let place = Self::new(port);
        for file in ["stable.yaml", "config.yaml"] {
            std::fs::copy(corpus.join(file), place.path(file)).expect("a copy");
        }
        let split = ["split", "stable.yaml", "--config", "config.yaml", "--allow-missing"];
        let ran = run(place.folder.path(), &[&split[..], &["--resolve", "exact,pattern"]].concat(), b"");
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        for file in ["stable.yaml", "stable-app.yaml"] {
            let text = std::fs::read_to_string(place.path(file)).expect("a file");
            place.write(file, &deployable(&text));
        }
        // A network, and an image that the simulator finds.
        let image = format!(
            "  Image: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Name: /{name}/image, Value: ami-1}}}}\n"
        );
        place.write("network.yaml", &(NETWORK.to_owned() + &image));
        let network = ["--name", &format!("{name}-net"), "--template", "network.yaml"];
        let ran = place.run(&[&["deploy", "--yes"][..], &network].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let ran = place.run(&[&["outputs", "app", "--format", "json"][..], &network].concat());
        let ids: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let id = |name: &str| ids["outputs"][name].as_str().expect("an id").to_owned();
        let (vpc, subnet, group) = (id("VpcId"), id("SubnetId"), id("GroupId"));
        let mut settings = format!(
            "name: {name}\nparameters:\n  AdminEmail: a@example.com\n  AdminPassword: {{env: ADMIN_PASSWORD}}\n  \
             DBUrl: {{env: ADMIN_PASSWORD}}\n  CertificateArnELB: arn:aws:acm:us-east-1:000000000000:certificate/1\n  \
             QuiltWebHost: catalog.example.com\n  CloudTrailBucket: trail\n  CanaryNotificationsEmail: a@example.com\n  \
             VoilaAMI: /{name}/image\n  SearchDomainArn: arn:aws:es:us-east-1:000000000000:domain/s\n  VPC: {vpc}\n  \
             Subnets: {subnet}\n  PublicSubnets: {subnet}\n  UserSecurityGroup: {group}\n  \
             DBAccessorSecurityGroup: {group}\n  SearchClusterAccessorSecurityGroup: {group}\n"
        );
        let others = [
            "GoogleClientId",
            "GoogleClientSecret",
            "OktaClientId",
            "OktaClientSecret",
            "OktaBaseUrl",
            "OneLoginClientId",
            "OneLoginClientSecret",
            "OneLoginBaseUrl",
            "AzureClientId",
            "AzureClientSecret",
            "AzureBaseUrl",
            "SingleSignOnDomains",
            "SearchDomainEndpoint",
        ];
        for name in others {
            settings += &format!("  {name}: x\n");
        }
        place.write("inline.yaml", &(settings.clone() + "template: stable.yaml\n"));
        place.write(
            "deployment.yaml",
            &(settings + "template: stable-app.yaml\niam_template: stable-iam.yaml\n"),
        );
        Some(place)
    }

    /// A folder with a pair and a deployment file of a test's own.
    pub fn pair(port: u16, settings: &str, iam: &str, app: &str) -> Self {
        let place = Self::new(port);
        place.write("deployment.yaml", settings);
        place.write("iam.yaml", iam);
        place.write("app.yaml", app);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file is written");
    }

    /// Changes a text that must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).expect("a file");
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// The command, ready to start.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command_at(self.folder.path(), self.port, arguments)
    }

    /// Runs the command to its end. No secret may be seen.
    pub fn run(&self, arguments: &[&str]) -> Run {
        finished(&mut self.command(arguments))
    }
}

/// Runs a command to its end. No secret may be seen.
pub fn finished(command: &mut Command) -> Run {
    let output = command.output().expect("the command runs");
    let run = Run {
        status: output.status.code().expect("the command ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    };
    for secret in SECRETS {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{}{}", run.stdout, run.stderr);
    }
    run
}

/// The command in a clean environment that leads to a port.
pub fn command_at(folder: &Path, port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(command());
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("ADMIN_PASSWORD", SECRETS[0])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The example's monolith.
pub fn example() -> String {
    std::fs::read_to_string(repository().join("examples/quilt/quilt.yaml")).expect("the example")
}

/// A copy in which types that the simulator does not know, and resources that wait for a function to run,
/// are handles that do nothing; what others take of them is a literal.
pub fn deployable(text: &str) -> String {
    const HANDLE: &str = "Type: AWS::CloudFormation::WaitConditionHandle";
    let mut handles = Vec::new();
    let mut resource = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("  ").and_then(|line| line.trim_end().strip_suffix(':'))
            && !name.starts_with(' ')
        {
            resource = name;
        }
        let kind = line.trim().strip_prefix("Type: ").unwrap_or_default();
        if kind.starts_with("Custom::") || UNKNOWN.contains(&kind) {
            handles.push(resource.to_owned());
            lines.push(line.replace(line.trim(), HANDLE));
        } else {
            lines.push(line.to_owned());
        }
    }
    for line in &mut lines {
        for handle in &handles {
            for (before, after, literal) in
                [("!GetAtt ", "", "'x'"), ("!GetAtt '", "'", "'x'"), ("${", "}", "x")]
            {
                let start = format!("{before}{handle}.");
                if let Some(at) = line.find(&start) {
                    let rest = &line[at + start.len()..];
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                    if let Some(rest) = rest[end..].strip_prefix(after) {
                        *line = format!("{}{literal}{rest}", &line[..at]);
                    }
                }
            }
        }
    }
    lines.join("\n") + "\n"
}

const UNKNOWN: [&str; 6] = [
    "AWS::Athena::DataCatalog",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::Synthetics::Canary",
    "AWS::WAFv2::RegexPatternSet",
    "AWS::WAFv2::WebACLAssociation",
];
