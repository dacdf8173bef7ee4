//! What fails, or is hidden, in the files with a pair.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, Traversal};
use hcl_edit::visit::{Visit, visit_func_call, visit_traversal};

use super::keys::{Resolver, path};
use super::read::{Folder, Folders, In, Named, source};
use super::{Finding, Pair, Place};
use crate::deployment::contents::Contents;
use crate::deployment::names::Which;
use crate::deployment::outputs::parameter_of;
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};

/// The type of a stack, as a resource and as a data source.
const STACK: &str = "aws_cloudformation_stack";

/// A stack that is made or read.
struct Stack<'f> {
    folder: &'f str,
    named: Named<'f>,
    which: Option<Which>,
}

/// A use of an output.
struct Use {
    folder: String,
    data: bool,
    label: String,
    output: String,
    place: Place,
    /// The function that takes a missing output silently, if one does.
    hides: Option<&'static str>,
}

pub(super) fn judge(files: &Folders, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let folders = files.folders();
    let resolver = Resolver { folders: &folders };
    let uses = uses(&folders);
    let mut stacks = Vec::new();
    let mut read = Vec::new();
    for (folder, declared) in &folders {
        for (list, data, named) in declared
            .resources
            .iter()
            .map(|named| (true, false, named))
            .chain(declared.data.iter().map(|named| (false, true, named)))
            .filter(|(.., named)| named.kind == STACK)
        {
            let which = which(folder, *named, data, &resolver, &uses, pair);
            let stack = Stack { folder, named: *named, which };
            if list { stacks.push(stack) } else { read.push(stack) }
        }
    }
    unseen_modules(&folders, found);
    if stacks.is_empty() && read.is_empty() {
        found.push(Finding::new(
            None,
            "",
            Diagnostic::new(Code::TFM011, format!("no `{STACK}` is in these files"))
                .help("give the folder that holds the root module, and the modules that it calls"),
        ));
    }
    for stack in &stacks {
        let Some(which) = stack.which else {
            let message = format!("which stack `{STACK}.{}` is cannot be told", stack.named.label);
            found.push(Finding::new(
                stack.named.place("").as_ref(),
                "this stack",
                Diagnostic::new(Code::TFM011, message)
                    .help("neither its parameters nor the uses of its outputs name anything of this pair"),
            ));
            continue;
        };
        parameters(stack, which, &resolver, pair, found);
        address(stack, files, &folders, found);
        order(stack, which, &resolver, pair, found);
        capabilities(stack, which, &resolver, pair, found);
        ignored(stack, which, files, pair, found);
    }
    outputs(&uses, &stacks, &read, pair, found);
    early(&read, &stacks, &resolver, found);
}

/// Which of the two a stack is: by what it is given, by what of it is used, by its own name.
fn which<'f>(
    folder: &str,
    named: Named<'f>,
    data: bool,
    resolver: &Resolver<'_, 'f>,
    uses: &[Use],
    pair: Pair<'_>,
) -> Option<Which> {
    let used = |contents: &Contents| {
        uses.iter()
            .filter(|one| one.folder == folder && one.data == data && one.label == named.label)
            .filter(|one| contents.outputs.contains_key(&one.output))
            .count()
    };
    let (iam, app) = (used(pair.iam), used(pair.app));
    if let Some(at) = named.attribute("parameters") {
        let keys = resolver.keys(folder, at);
        let certain = |name: &str| keys.names.contains_key(name) && !keys.filtered.contains(name);
        if pair.iam.stack_parameter().is_some_and(certain) {
            return Some(Which::Iam);
        }
        let takes = |name: &&String| {
            certain(name)
                && (pair.app.parameters.contains_key(*name) && !pair.iam.parameters.contains_key(*name)
                    || pair.iam.outputs.contains_key(*name) && parameter_of(name, pair.app).is_some())
        };
        if keys.names.keys().any(|name| takes(&name)) {
            return Some(Which::App);
        }
    }
    if iam != app {
        return Some(if iam > app { Which::Iam } else { Which::App });
    }
    let label = named.label.to_lowercase();
    if label.contains("iam") {
        return Some(Which::Iam);
    }
    matches!(label.as_str(), "app" | "application" | "stack").then_some(Which::App)
}

/// Modules that are not here are not looked at, and that is said.
fn unseen_modules(folders: &BTreeMap<&str, Folder<'_>>, found: &mut Vec<Finding>) {
    for (folder, declared) in folders {
        for call in &declared.calls {
            let from = call.attribute("source").and_then(|at| at.expr.as_str()).unwrap_or_default();
            if source(folder, from).is_none_or(|path| !folders.contains_key(path.as_str())) {
                found.push(Finding::new(
                    call.place("source").as_ref(),
                    "its files are not here",
                    Diagnostic::new(Code::TFM011, format!("the module `{}` is not looked at", call.label))
                        .help("where it makes or reads one of the two stacks, give a folder that holds its files too (`.terraform/modules` after `terraform init`)"),
                ));
            }
        }
    }
}

/// Parameters that are missing, misnamed or unknown.
fn parameters<'f>(
    stack: &Stack<'f>,
    which: Which,
    resolver: &Resolver<'_, 'f>,
    pair: Pair<'_>,
    found: &mut Vec<Finding>,
) {
    let keys =
        stack.named.attribute("parameters").map(|at| resolver.keys(stack.folder, at)).unwrap_or_default();
    let contents = if which == Which::Iam { pair.iam } else { pair.app };
    let noun = which.noun();
    for (name, place) in &keys.names {
        if contents.parameters.contains_key(name) || keys.filtered.contains(name) {
            continue;
        }
        let stem = name.strip_suffix("Arn").filter(|stem| contents.parameters.contains_key(*stem));
        found.push(match stem {
            Some(stem) => Finding::new(
                Some(place),
                "passed under this name",
                Diagnostic::new(
                    Code::TFM003,
                    format!("the {noun} template has no parameter `{name}`, but `{stem}`"),
                )
                .help(format!(
                    "call it `{stem}`: outputs end in `Arn`, the parameters that take them do not"
                )),
            ),
            None => {
                let near = did_you_mean(name, contents.parameters.keys().map(String::as_str));
                Finding::new(
                    Some(place),
                    "passed here",
                    Diagnostic::new(Code::TFM004, format!("the {noun} template has no parameter `{name}`"))
                        .help(near.unwrap_or_else(|| {
                            "remove it: CloudFormation refuses parameters that a template does not have"
                                .to_owned()
                        })),
                )
            }
        });
    }
    let passed = |name: &str| keys.names.contains_key(name) || keys.names.contains_key(&format!("{name}Arn"));
    let missing = contents.parameters.iter().filter(|(_, declared)| declared.default.is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| name.as_str()).filter(|name| !passed(name)).collect();
    for (names, help) in ways_out(&missing, which, pair) {
        let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut message = format!("nobody passes {list}, which the {noun} template needs");
        let mut diagnostic = Diagnostic::new(Code::TFM002, message.clone());
        if !keys.unseen.is_empty() {
            let from: Vec<String> = keys.unseen.iter().map(|from| format!("`{from}`")).collect();
            message.push_str(&format!(", unless {} does", from.join(" or ")));
            diagnostic = Diagnostic::new(Code::TFM002, message).with_severity(Severity::Warning);
        }
        let place = stack.named.place("parameters");
        found.push(Finding::new(place.as_ref(), "not among these", diagnostic.help(help)));
    }
}

/// Missing parameters, those with one way out together.
fn ways_out<'n>(missing: &[&'n str], which: Which, pair: Pair<'_>) -> Vec<(Vec<&'n str>, String)> {
    let of_stack = |name: &&str| which == Which::Iam && pair.iam.stack_parameter() == Some(*name);
    let shared = |name: &&str| which == Which::Iam && pair.app.parameters.contains_key(*name);
    let wired = |name: &&str| which == Which::App && pair.iam.outputs.contains_key(&format!("{name}Arn"));
    let (mut one, mut both, mut wires, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in missing {
        if of_stack(name) {
            one.push(*name);
        } else if shared(name) {
            both.push(*name);
        } else if wired(name) {
            wires.push(*name);
        } else {
            others.push(*name);
        }
    }
    let first = |names: &[&str]| names.first().copied().unwrap_or_default().to_owned();
    let helps = [
        format!(
            "add `{} = var.name`: the name of the application stack, by which the policies find its resources",
            first(&one)
        ),
        "pass what the application stack gets: both stacks need one value".to_owned(),
        format!("add `{0} = aws_cloudformation_stack.iam.outputs[\"{0}Arn\"]`, and so each", first(&wires)),
        "add it to the stack's `parameters`".to_owned(),
    ];
    [one, both, wires, others].into_iter().zip(helps).filter(|(names, _)| !names.is_empty()).collect()
}

/// New content under an address that stays is no change for Terraform.
fn address(
    stack: &Stack<'_>,
    files: &Folders,
    folders: &BTreeMap<&str, Folder<'_>>,
    found: &mut Vec<Finding>,
) {
    let Some(at) = stack.named.attribute("template_url") else { return };
    let mut texts = Vec::new();
    closure(stack.folder, at, files, folders, &mut texts, 0);
    let moves = |text: &&String| {
        ["sha1", "sha256", "sha512", "md5", "etag", "version_id", "source_hash", "uuid", "timestamp("]
            .iter()
            .any(|word| text.contains(word))
    };
    if texts.iter().any(|text| moves(&text)) {
        return;
    }
    found.push(Finding::new(
        stack.named.place("template_url").as_ref(),
        "the same address for every content",
        Diagnostic::new(Code::TFM005, "new content of the template is not seen: its address does not change with it")
            .help("put the content's hash into the object's key, such as `key = \"iam/${filesha256(var.template_file)}.yaml\"`, or its version into the address (`?versionId=${aws_s3_object.iam.version_id}`)"),
    ));
}

/// The texts that the value of an expression is made of: its own, and those of what it names.
fn closure(
    folder: &str,
    at: In<'_>,
    files: &Folders,
    folders: &BTreeMap<&str, Folder<'_>>,
    texts: &mut Vec<String>,
    depth: usize,
) {
    let text = files.text(at).to_owned();
    if depth > 20 || texts.contains(&text) {
        return;
    }
    texts.push(text);
    let Some(here) = folders.get(folder) else { return };
    let mut named = Names::default();
    named.visit_expr(at.expr);
    for path in named.paths {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let go = |folder: &str, at: In<'_>, texts: &mut Vec<String>| {
            closure(folder, at, files, folders, texts, depth + 1);
        };
        match path.as_slice() {
            ["local", name, ..] => {
                if let Some(at) = here.locals.get(name) {
                    go(folder, *at, texts);
                }
            }
            ["var", name, ..] => {
                let resolver = Resolver { folders };
                for (caller, at) in resolver.given(folder, name) {
                    go(caller, at, texts);
                }
            }
            [kind, label, ..] => {
                let resource =
                    here.resources.iter().find(|resource| resource.kind == *kind && resource.label == *label);
                if let Some(at) = resource.and_then(|resource| resource.attribute("key")) {
                    go(folder, at, texts);
                }
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Names {
    paths: Vec<Vec<String>>,
}

impl Visit for Names {
    fn visit_traversal(&mut self, node: &Traversal) {
        self.paths.push(path(node).into_iter().map(str::to_owned).collect());
        visit_traversal(self, node);
    }
}

/// In `merge` what comes later wins: the user's values belong at the end.
fn order<'f>(
    stack: &Stack<'f>,
    which: Which,
    resolver: &Resolver<'_, 'f>,
    pair: Pair<'_>,
    found: &mut Vec<Finding>,
) {
    if which != Which::App {
        return;
    }
    let Some(at) = stack.named.attribute("parameters") else { return };
    let Expression::FuncCall(call) = at.expr else { return };
    if call.name.name.as_str() != "merge" {
        return;
    }
    let arguments: Vec<&Expression> = call.args.iter().collect();
    for (number, argument) in arguments.iter().enumerate() {
        let Expression::Traversal(traversal) = argument else { continue };
        if path(traversal).first() != Some(&"var") {
            continue;
        }
        let later = arguments.iter().skip(number + 1).any(|later| {
            let keys = resolver.keys(stack.folder, In { file: at.file, expr: later }).names;
            keys.keys().any(|name| pair.app.parameters.contains_key(name))
        });
        if later && let Some(span) = argument.span() {
            let place = Place { file: at.file, start: span.start, end: span.end };
            let name = path(traversal).join(".");
            found.push(Finding::new(
                Some(&place),
                "what comes later wins",
                Diagnostic::new(Code::TFM008, format!("`{name}` loses to what is merged after it"))
                    .help("put it last: the specification gives the user's values the highest priority"),
            ));
        }
    }
}

/// Capabilities that the template needs and the stack does not acknowledge.
fn capabilities(
    stack: &Stack<'_>,
    which: Which,
    resolver: &Resolver<'_, '_>,
    pair: Pair<'_>,
    found: &mut Vec<Finding>,
) {
    let contents = if which == Which::Iam { pair.iam } else { pair.app };
    let mut given = BTreeSet::new();
    let mut expressions: Vec<(String, Expression)> = Vec::new();
    if let Some(at) = stack.named.attribute("capabilities") {
        expressions.push((stack.folder.to_owned(), at.expr.clone()));
    }
    let mut steps = 0;
    while let Some((folder, expression)) = expressions.pop() {
        steps += 1;
        if steps > 40 {
            return;
        }
        match &expression {
            Expression::Array(list) => {
                given.extend(list.iter().filter_map(Expression::as_str).map(str::to_owned));
            }
            Expression::Conditional(either) => {
                expressions.push((folder.clone(), either.true_expr.clone()));
                expressions.push((folder, either.false_expr.clone()));
            }
            Expression::Traversal(traversal) => {
                let path = path(traversal);
                let ["var", name] = path.as_slice() else { return };
                let here = resolver.folders.get(folder.as_str());
                let given = resolver.given(&folder, name);
                let default = here
                    .and_then(|here| here.variables.get(name))
                    .and_then(|variable| variable.attribute("default"));
                if given.is_empty() {
                    expressions.extend(default.map(|at| (folder.clone(), at.expr.clone())));
                }
                expressions
                    .extend(given.into_iter().map(|(caller, at)| (caller.to_owned(), at.expr.clone())));
            }
            // What cannot be read is not judged.
            _ => return,
        }
    }
    // A name of its own needs the stronger of the two, which covers the weaker.
    let covered = |needed: &str| {
        given.contains(needed) || needed == "CAPABILITY_IAM" && given.contains("CAPABILITY_NAMED_IAM")
    };
    let missing: Vec<&str> =
        contents.capabilities.iter().copied().filter(|needed| !covered(needed)).collect();
    if !missing.is_empty() {
        found.push(Finding::new(
            stack.named.place("capabilities").as_ref(),
            "not acknowledged here",
            Diagnostic::new(
                Code::TFM009,
                format!("the {} template needs {}", which.noun(), missing.join(" and ")),
            )
            .help(format!("add {} to `capabilities`", missing.join(" and "))),
        ));
    }
}

/// A secret whose changes are ignored is written back as `****`.
fn ignored(stack: &Stack<'_>, which: Which, files: &Folders, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let contents = if which == Which::Iam { pair.iam } else { pair.app };
    let secrets: Vec<&str> = contents
        .parameters
        .iter()
        .filter(|(_, declared)| declared.no_echo)
        .map(|(name, _)| name.as_str())
        .collect();
    for lifecycle in stack.named.block.body.get_blocks("lifecycle") {
        let inside = Named { file: stack.named.file, kind: "", label: "", block: lifecycle };
        let Some(at) = inside.attribute("ignore_changes") else { continue };
        if !secrets.is_empty() && files.text(at).contains("parameters") {
            found.push(Finding::new(
                inside.place("ignore_changes").as_ref(),
                "their changes are ignored",
                Diagnostic::new(Code::TFM012, format!("the next update would set {} to `****`", secrets.join(" and ")))
                    .help("do not ignore `parameters`: CloudFormation gives secrets back as `****`, and Terraform passes on what it read"),
            ));
        }
    }
}

/// Outputs that the pair does not have, or not always, and places that hide it.
fn outputs(uses: &[Use], stacks: &[Stack<'_>], read: &[Stack<'_>], pair: Pair<'_>, found: &mut Vec<Finding>) {
    let mut hidden: BTreeMap<(&str, &str), Vec<&Use>> = BTreeMap::new();
    for one in uses {
        let list = if one.data { read } else { stacks };
        let stack = list.iter().find(|stack| stack.folder == one.folder && stack.named.label == one.label);
        let Some(which) = stack.and_then(|stack| stack.which) else { continue };
        let contents = if which == Which::Iam { pair.iam } else { pair.app };
        let noun = which.noun();
        let output = &one.output;
        let Some(declared) = contents.outputs.get(output) else {
            let near = did_you_mean(output, contents.outputs.keys().map(String::as_str));
            found.push(Finding::new(
                Some(&one.place),
                if one.hides.is_some() {
                    "null, without a word"
                } else {
                    "Invalid index, once the stack stands"
                },
                Diagnostic::new(Code::TFM001, format!("the {noun} template has no output `{output}`"))
                    .help(near.unwrap_or_else(|| "remove it, and what takes it".to_owned())),
            ));
            continue;
        };
        if declared.conditional && one.hides.is_none() {
            found.push(Finding::new(
                Some(&one.place),
                "Invalid index where the condition is false",
                Diagnostic::new(Code::TFM001, format!("the output `{output}` is there under a condition only"))
                    .help(format!("write `lookup(….outputs, \"{output}\", \"\")`: the parameter that takes it admits the empty text")),
            ));
        }
        let checked = stacks.iter().any(|stack| {
            stack.folder == one.folder
                && stack
                    .named
                    .block
                    .body
                    .get_blocks("lifecycle")
                    .any(|block| block.body.has_blocks("precondition"))
        });
        if let Some(function) =
            one.hides.filter(|function| *function != "can" && !declared.conditional && !checked)
        {
            hidden.entry((one.folder.as_str(), function)).or_default().push(one);
        }
    }
    for ((_, function), uses) in hidden {
        let names: Vec<String> = uses.iter().map(|one| format!("`{}`", one.output)).collect();
        let place = uses.first().map(|one| &one.place);
        let label = match uses.len() {
            1 => "a missing output becomes null here".to_owned(),
            more => format!("a missing output becomes null here, and in {} more places", more - 1),
        };
        found.push(Finding::new(
            place,
            &label,
            Diagnostic::new(Code::TFM006, format!("`{function}` hides that an output is missing: {}", names.join(", ")))
                .help("leave the function out, so that the plan stops; or add a precondition to the application stack"),
        ));
    }
}

/// A data source that is read before the stack that the same files make.
fn early(read: &[Stack<'_>], stacks: &[Stack<'_>], resolver: &Resolver<'_, '_>, found: &mut Vec<Finding>) {
    for data in read.iter().filter(|data| data.which == Some(Which::Iam)) {
        let roots = resolver.roots(data.folder);
        let made = stacks.iter().any(|stack| {
            stack.which == Some(Which::Iam) && !resolver.roots(stack.folder).is_disjoint(&roots)
        });
        if !made || data.named.attribute("depends_on").is_some() {
            continue;
        }
        let waits = data.named.attribute("name").is_some_and(|at| {
            let mut names = Names::default();
            names.visit_expr(at.expr);
            names.paths.iter().any(|path| matches!(path.first().map(String::as_str), Some("module" | STACK)))
        });
        if !waits {
            found.push(Finding::new(
                data.named.place("name").as_ref(),
                "known before the stack stands",
                Diagnostic::new(
                    Code::TFM007,
                    format!(
                        "`data.{STACK}.{}` is read before the stack that these files make",
                        data.named.label
                    ),
                )
                .help("take the outputs of the resource or of the module that makes it; or add `depends_on`"),
            ));
        }
    }
}

/// All uses of outputs of stacks.
fn uses(folders: &BTreeMap<&str, Folder<'_>>) -> Vec<Use> {
    let mut list = Vec::new();
    for (folder, declared) in folders {
        for (file, body) in &declared.bodies {
            let mut looking = Looking { folder, file: *file, inside: None, list: &mut list };
            looking.visit_body(body);
        }
    }
    list
}

struct Looking<'l> {
    folder: &'l str,
    file: usize,
    /// The function around, where it takes what is missing silently.
    inside: Option<&'static str>,
    list: &'l mut Vec<Use>,
}

impl Looking<'_> {
    fn used(&mut self, path: &[&str], span: Option<std::ops::Range<usize>>, hides: Option<&'static str>) {
        let (data, rest) = match path {
            ["data", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if let ([STACK, label, "outputs", output], Some(span)) = (rest, span) {
            self.list.push(Use {
                folder: self.folder.to_owned(),
                data,
                label: (*label).to_owned(),
                output: (*output).to_owned(),
                place: Place { file: self.file, start: span.start, end: span.end },
                hides,
            });
        }
    }
}

impl Visit for Looking<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        self.used(&path(node), node.span(), self.inside);
        visit_traversal(self, node);
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let arguments: Vec<&Expression> = node.args.iter().collect();
        if node.name.name.as_str() == "lookup"
            && let [Expression::Traversal(map), name, rest @ ..] = arguments.as_slice()
            && let Some(name) = name.as_str()
        {
            let mut path = path(map);
            path.push(name);
            self.used(&path, node.span(), (!rest.is_empty()).then_some("lookup"));
        }
        let before = self.inside;
        // `can` tells; it hides nothing.
        if node.name.name.as_str() == "try" && arguments.len() > 1 {
            self.inside = Some("try");
        } else if node.name.name.as_str() == "can" {
            self.inside = Some("can");
        }
        visit_func_call(self, node);
        self.inside = before;
    }
}
