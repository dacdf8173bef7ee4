//! The command in JavaScript: the same arguments, texts, files and exit codes, on a host that JavaScript gives.

use std::ffi::OsString;
use std::rc::Rc;

use iam_split::host::{Host, run_on};
use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What the command asks of whoever runs it. Where something fails, the reason is thrown as a text. */
export interface CommandHost {
    /** The bytes of a file. */
    read(path: string): Uint8Array;
    /** Whether something is there. */
    exists(path: string): boolean;
    /** The one name of a file that is there. */
    real(path: string): string | undefined;
    /** The names of what a folder holds. */
    list(folder: string): string[];
    /** Writes all files or none. What is thrown is the place of the first that cannot be written, and why. */
    writeAll(files: [path: string, text: string][]): void;
    /** All of standard input. */
    input(): Uint8Array;
    /** Writes to standard output, or to standard error. */
    show(toError: boolean, bytes: Uint8Array): void;
    /** The time, in seconds since 1970. */
    now(): number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// The host that JavaScript gives.
    #[wasm_bindgen(typescript_type = "CommandHost")]
    pub type CommandHost;

    #[wasm_bindgen(method, catch)]
    fn read(this: &CommandHost, path: &str) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method)]
    fn exists(this: &CommandHost, path: &str) -> bool;
    #[wasm_bindgen(method)]
    fn real(this: &CommandHost, path: &str) -> Option<String>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &CommandHost, folder: &str) -> Result<Vec<String>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = writeAll)]
    fn write_all(this: &CommandHost, files: Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn input(this: &CommandHost) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method)]
    fn show(this: &CommandHost, to_error: bool, bytes: &[u8]);
    #[wasm_bindgen(method)]
    fn now(this: &CommandHost) -> f64;
}

/// What JavaScript threw, as a reason.
fn reason(thrown: &JsValue) -> String {
    thrown.as_string().unwrap_or_else(|| format!("{thrown:?}"))
}

struct Given(CommandHost);

impl Host for Given {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.read(path).map_err(|thrown| reason(&thrown))
    }

    fn exists(&self, path: &str) -> bool {
        self.0.exists(path)
    }

    fn real(&self, path: &str) -> Option<String> {
        self.0.real(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        self.0.list(folder).map_err(|thrown| reason(&thrown))
    }

    fn write_all(&self, files: &[(String, &str)]) -> Result<(), (usize, String)> {
        let pair = |(path, text): &(String, &str)| Array::of2(&path.into(), &JsValue::from_str(text));
        self.0.write_all(files.iter().map(pair).collect()).map_err(|thrown| {
            let pair: Option<Array> = thrown.dyn_into().ok();
            let at = pair.as_ref().and_then(|pair| pair.get(0).as_f64()).map_or(0, |at| at as usize);
            (at, pair.map_or(String::new(), |pair| reason(&pair.get(1))))
        })
    }

    fn input(&self) -> Result<Vec<u8>, String> {
        self.0.input().map_err(|thrown| reason(&thrown))
    }

    fn show(&self, to_error: bool, bytes: &[u8]) {
        self.0.show(to_error, bytes);
    }

    fn now(&self) -> f64 {
        self.0.now()
    }
}

/// Runs `iam-split` with these arguments, its own name not among them, and gives its exit code.
///
/// All commands are there but those that need AWS, which refuse.
#[wasm_bindgen]
#[must_use]
pub fn command(arguments: Vec<String>, colour: bool, host: CommandHost) -> u8 {
    let arguments = std::iter::once("iam-split".to_owned()).chain(arguments).map(OsString::from);
    run_on(Rc::new(Given(host)), arguments, colour)
}
