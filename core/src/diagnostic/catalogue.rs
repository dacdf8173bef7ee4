//! Every code, with its severity, what it means and what to do. One source for `explain` and the docs.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Severity;

/// What a code means, for a person who meets it the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// In a few words.
    pub title: &'static str,
    /// What causes it.
    pub cause: &'static str,
    /// What to do.
    pub recovery: &'static str,
    /// What leads to it: files, each after `--- NAME`, and perhaps the command after `$ `; or a sentence.
    pub example: &'static str,
}

macro_rules! catalogue {
    ($($code:ident $severity:ident $exit:literal $title:literal $cause:literal $recovery:literal;)*) => {
        /// The code of a diagnostic: three capitals for the area, three digits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// As printed: `CYC001`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// The severity that its findings have unless said otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }

            /// The exit code that an error of this code gives: 1 refused, 2 unreadable input.
            #[must_use]
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$code => $exit,)* }
            }

            /// What it means and what to do.
            #[must_use]
            pub fn explanation(self) -> Explanation {
                match self {
                    $(Self::$code => Explanation {
                        title: $title,
                        cause: $cause,
                        recovery: $recovery,
                        example: include_str!(concat!("examples/", stringify!($code), ".txt")),
                    },)*
                }
            }
        }
    };
}

catalogue! {
    SYN001 Error 2 "the text is neither YAML nor JSON"
        "The parser cannot read the text: an indentation that fits no level, a quote or bracket that is not closed, a tab that indents."
        "Correct the marked place. What stands before it was checked as well; what follows could not be.";
    SYN002 Error 2 "a key stands twice in one mapping"
        "YAML and JSON leave open which of the two counts; CloudFormation refuses the template."
        "Remove or rename one of the two.";
    SYN003 Error 2 "the text is too deep or stands for too much"
        "Collections nest hundreds of levels deep, or aliases multiply into more values than any template has."
        "Flatten the template, or write aliased values out.";
    SYN004 Error 2 "an alias has no anchor"
        "`*name` stands for what `&name` marked before it; nothing did."
        "Define the anchor first, or put quotes around a text that begins with `*`.";
    SYN005 Error 2 "a YAML merge"
        "`<<: *name` is a YAML 1.1 extension that CloudFormation does not read."
        "Write the merged keys out.";
    SYN006 Error 2 "more than one document"
        "A template is one YAML document; `---` begins another."
        "Split the file.";
    SYN007 Error 2 "a key is not a text"
        "A mapping's key is a collection or an alias; CloudFormation's keys are names."
        "Write the name.";
    SYN008 Error 2 "the text is not UTF-8"
        "The bytes of the file are no UTF-8 text: another encoding, or no text at all."
        "Save the file as UTF-8.";
    TPL001 Error 2 "not a template"
        "The text is empty, or its top level is a list or a single value; a template is a mapping of sections."
        "Give a CloudFormation template, with `Resources` at the top level.";
    TPL002 Error 2 "no resources"
        "A template needs a section `Resources` with at least one resource."
        "Check that this is the right file, and the spelling and indentation of `Resources`.";
    TPL003 Error 1 "a resource without a type"
        "CloudFormation needs `Type` in every resource."
        "Add the type, or remove the entry.";
    TPL004 Error 1 "an unknown section"
        "The top level of a template holds only CloudFormation's sections."
        "Correct the name or the indentation; what is for people belongs in `Metadata`.";
    TPL005 Error 1 "a reference to something that is not declared"
        "A `Ref`, `Fn::GetAtt`, `Fn::Sub`, `DependsOn`, condition or mapping names something that the template does not declare."
        "Correct the name, or declare it.";
    TPL006 Error 1 "an intrinsic function is unknown or has the wrong shape"
        "CloudFormation knows a fixed set of functions, and each takes fixed forms."
        "Correct the function's name, or write it as its documentation shows.";
    TPL007 Error 1 "a section or declaration has the wrong shape"
        "Sections are mappings of names to declarations; a resource has only CloudFormation's attributes; an output has a value."
        "Write it as CloudFormation's documentation of the section shows.";
    CFG001 Error 2 "the configuration cannot be read"
        "The configuration is no YAML, or a value has the wrong type."
        "Correct the marked place; `iam-split init TEMPLATE` writes a configuration to start from.";
    CFG002 Error 2 "an unknown configuration key"
        "The configuration holds a key that has no meaning."
        "Correct its spelling or remove it.";
    CFG003 Error 1 "a configured resource is not in the template"
        "A name under `roles` or `policies` is no resource of the template."
        "Correct the name, remove it, or pass `--allow-missing` where a configuration serves several versions.";
    CFG004 Error 1 "a configured resource is not of the kind"
        "A name under `roles` is no `AWS::IAM::Role`, or one under `policies` no `AWS::IAM::ManagedPolicy`."
        "Move the name to the list of its kind, or remove it.";
    CFG005 Error 1 "a name is both extracted and excluded"
        "The same name stands under `roles` or `policies` and under `exclude_policies`."
        "Keep it in one of the lists.";
    CFG006 Error 1 "an invalid value in the configuration"
        "A value of the configuration does not fit its meaning: a pattern that is no regular expression, an unknown resolution, a name that CloudFormation would refuse."
        "Correct the value.";
    CFG007 Note 0 "an excluded resource is not in the template"
        "A name under `exclude_policies` is no resource of this template; it could not move anyway."
        "Nothing needs to be done.";
    CFG008 Warning 0 "a configured pattern rules out a partition"
        "The template can run in a partition whose ARNs the configured pattern refuses: the application stack would not deploy there."
        "Admit every partition: `^arn:aws[a-z-]*:iam::…`.";
    CFG010 Error 1 "what the configuration gives cannot be given"
        "`iam:` in the configuration gives a boundary, a path, names, tags or a duration to what moves. A resource has its own and may not, its properties are computed, a name is too long or another's, or a text counts on the path or the name that it has."
        "Name the resource under `except`, or say with `own` what becomes of its own.";
    CFG011 Note 0 "names that two stacks would share"
        "`iam:` in the configuration gives names that hold no stack's name or no region. Names of IAM are unique in an account, in all its regions: another stack of the template there would ask for the same ones."
        "Put `{stack}` and `{region}` into the name, where more than one stack is to stand.";
    CFG009 Warning 0 "the parameter group has no place"
        "`insert_after_group` names a group that the template's `AWS::CloudFormation::Interface` does not have."
        "Correct the name; the new group was put at the end.";
    SEL001 Error 1 "nothing to move"
        "The template has no IAM resource that the run would take out."
        "Check the configuration; `--all-iam` also takes the IAM types that are neither roles nor managed policies.";
    SEL002 Error 1 "nothing would be left for the application"
        "Every resource of the template would move: there is no application template to write."
        "Deploy the template as it is: it is an IAM template already.";
    SEL003 Note 0 "an IAM resource that never moves"
        "Access keys, login profiles and server certificates give out secrets as attributes or hold them; a parameter would expose them. They stay with the application, and with them what cannot do without them."
        "Nothing needs to be done.";
    CYC001 Error 1 "a circular dependency between the two stacks"
        "The IAM stack is deployed first, so a moved resource cannot reference an application resource; no permitted resolution fits the place."
        "Fix the circular dependency in the monolith: give the application resource an explicit name (resolution `exact`), permit `pattern` where a wider scope is acceptable, or leave the role with the application by removing it from the configuration.";
    CYC002 Error 1 "the stack's id in a moved resource"
        "`AWS::StackId` would be the IAM stack's; the application stack's ends in an id that nobody knows before it exists."
        "Permit `pattern` where it is the `Resource` of an `Allow`, or write the ARN of the stack with `*` for its id.";
    CYC003 Error 1 "a pseudo parameter that differs between the stacks"
        "`AWS::NotificationARNs` is what the operation was called with; the IAM stack's may be others."
        "Pass the topics as a parameter.";
    NAM001 Error 1 "a parameter name is taken"
        "The template already has a parameter with the name that a moved resource's parameter or output needs."
        "Rename the parameter of the template; for the application stack's name set `app_stack_parameter` in the configuration.";
    NAM002 Error 1 "an output name is taken"
        "Two outputs would bear the same name, or an output of the template with this name means something else."
        "Rename the output of the template, or the resource.";
    LIM001 Error 1 "too many parameters"
        "CloudFormation admits 200 parameters in a template."
        "Move fewer resources, or remove parameters that are not used.";
    LIM002 Error 1 "too many outputs"
        "CloudFormation admits 200 outputs in a template."
        "Move fewer resources.";
    LIM003 Error 1 "a template is too large"
        "CloudFormation reads at most 1,048,576 bytes (1 MB) of template, by S3."
        "Remove text, or move more resources.";
    LIM004 Error 1 "a policy becomes too long"
        "IAM admits 6,144 characters in a managed policy, 10,240 in all inline policies of a role, 2,048 of a user, 5,120 of a group, 2,048 in a trust policy (adjustable), white space not counted. Names and patterns written out can pass that."
        "Split the policy in two, or give the application resources shorter explicit names.";
    LIM005 Error 1 "too many resources"
        "CloudFormation admits 500 resources in a template; each policy that `attach` makes is one more."
        "Permit another resolution than `attach`, or move more resources.";
    LIM006 Error 1 "an output's name is too long"
        "CloudFormation admits 255 characters in the name of an output; ours are the resource's name and `Arn`."
        "Give the resource a shorter name.";
    TRF001 Error 1 "a transform writes part of the template"
        "A macro creates or changes resources after the text is read: what is split here is not what is deployed. `AWS::Serverless` and language extensions are known."
        "Split the processed template (`aws cloudformation get-template --template-stage Processed`).";
    SAM001 Note 0 "the transform makes IAM"
        "`AWS::Serverless` makes a role for each function and state machine without one, for some events, and a policy for each connector. They are not in the text, so that they stay with the application stack, which then needs `CAPABILITY_IAM`."
        "Write the role out and reference it, if it is to move.";
    SAM002 Error 1 "a connector needs the role beside it"
        "The transform attaches a connector's permissions to the role whose logical id stands in the resource's `Role`. Once the role has moved a parameter has this id, and its ARN would stand where IAM takes a name."
        "Leave the role with the application, or write the connector's permissions out in the role's policies.";
    TRF002 Error 1 "a loop makes what would have to be split"
        "`Fn::ForEach` makes IAM resources, or references moved ones, under names that are computed."
        "Write the resources out, or leave them with the application.";
    ANC001 Error 1 "an alias crosses the cut"
        "An anchor and its alias would stand in different templates, in a form that cannot be carried over."
        "Write the value out where the alias stands.";
    REF001 Error 1 "a reference that cannot be edited"
        "An escape in a quoted text hides where a `${…}` stands, or the attribute of a `Fn::GetAtt` is computed."
        "Write the reference without escapes, and the attribute as a text.";
    DEP001 Note 0 "a dependency between the stacks went"
        "A moved resource waited for an application resource by `DependsOn`. The IAM stack is deployed first, so the order is reversed."
        "Check that nothing needs the former order.";
    TIM001 Warning 0 "a permission comes after its user"
        "Code of the template runs as a role while CloudFormation waits for it, and a permission of the role comes by `two-phase`, after the application stack stands."
        "Check that the code starts without the permission, or permit `pattern` or `attach` before `two-phase`.";
    GRD001 Warning 0 "a pattern is not held to the account"
        "`guard: resource-account` holds patterns over buckets to the account by a condition on `aws:ResourceAccount`. It would also hold for every other resource of the statement, and one of them may be elsewhere."
        "Write the other resource in a statement of its own.";
    KEP001 Note 0 "a selected resource stays with the application"
        "The resolution `keep` is permitted, and a reference of the resource has no better one; or the resource cannot do without another that stays."
        "Nothing needs to be done; permit another resolution if the resource should move.";
    KEP002 Note 0 "a rule stays with the application"
        "A rule of the template's `Rules` names parameters that the IAM stack has and others that it has not. The application still refuses what the rule refuses; the IAM stack, which is deployed first, does not."
        "Write a rule of its own for the parameters that the IAM stack takes: rules of which every parameter travels go along.";
    PRE001 Warning 0 "text counts on generated names of moved roles"
        "Names that CloudFormation generates begin with the name of their stack: that of the moved resources with the IAM stack's."
        "Give the roles explicit names, or widen the text to the IAM stack's name.";
    PRE002 Error 1 "a denial would lose its object"
        "A `Deny`, or the exception of an `Allow`, is written for names that CloudFormation generates for moved resources. They now begin with the IAM stack's name: what was denied would be allowed."
        "Give the resources explicit names, or write their ARNs, which the split rewires.";
    PRE003 Warning 0 "code asks the application's stack for what moved"
        "A script or a function asks CloudFormation for a resource of its own stack by its logical id. The resource is in the IAM stack then, and the answer is that it does not exist."
        "Ask the IAM stack, or put the resource's name or ARN into the text by a reference, which the split rewires.";
    CTR001 Error 1 "an output is missing in the IAM template"
        "A role or managed policy of the IAM template, or one that the application needs, has no output with its ARN."
        "Split again, or add the output `XArn` with the value `!GetAtt X.Arn` (`!Ref X` for a managed policy) and its export.";
    CTR002 Error 1 "a parameter is missing in the application template"
        "An output of the IAM template has no parameter that takes it: the application cannot use the resource."
        "Split again, or add a `String` parameter with the resource's name.";
    CTR003 Error 1 "a configured resource is missing in the IAM template"
        "A role or managed policy that the configuration extracts is in neither template, or stands in the application template."
        "Make sure that the configuration names all required resources, and split again.";
    CTR004 Error 1 "an application resource stands in the IAM template"
        "The IAM template holds something else than IAM: a bucket or queue policy, a function, a queue."
        "Move the resource to the application template.";
    CTR005 Error 1 "an output without its export"
        "Every output of the IAM template is exported as `${AWS::StackName}-` and its name, so that other stacks can find it."
        "Add `Export: {Name: !Sub '${AWS::StackName}-XArn'}`.";
    CTR006 Error 1 "a parameter for IAM has the wrong shape"
        "A parameter that takes an ARN is a `String` with a pattern that admits only such ARNs."
        "Split again, or give it `Type: String` and an `AllowedPattern` for the ARN.";
    CTR007 Error 1 "a resource is declared in both templates"
        "What moved to the IAM template must not be created by the application as well."
        "Remove it from one of the two templates.";
    CTR008 Error 1 "a parameter that nothing fills"
        "The application template declares a parameter for IAM that no output of the IAM template gives."
        "Add the output to the IAM template, or remove the parameter.";
    PRF001 Error 1 "the pair deploys something else"
        "After the outputs are put in the place of the parameters, a value differs from the monolith's."
        "Split the monolith again; do not edit the pair by hand.";
    PRF002 Error 1 "a scope is wider than it must be"
        "A pattern matches what the monolith names, but also more than the narrowest pattern for such resources."
        "Write the narrower pattern, give the resource an explicit name, or use the resolution `two-phase`.";
    PRF003 Error 1 "a resource is lost"
        "A resource, output, parameter, condition or mapping of the monolith is in neither template."
        "Split the monolith again.";
    PRF004 Error 1 "something that the monolith does not have"
        "The pair has a resource, an output or a parameter that the monolith does not have."
        "Remove it, or compare with the monolith that the pair was made of.";
    PRF005 Error 1 "a part that the proof does not understand"
        "A part of a template is looked at by no rule of the proof, or by none that understands it: what it deploys is not known."
        "Write the part out in a form that is known, or split the processed template.";
    PRF006 Error 1 "the IAM stack cannot stand alone"
        "The IAM stack is deployed before the application: something that must exist then does not, or until a value comes more is allowed, or less denied, than in the monolith."
        "Choose another resolution for the place, or leave the resource with the application.";
    PRF007 Error 1 "the application cannot be created"
        "A parameter refuses what the IAM stack gives it, or a service checks a permission that comes only after the application stands."
        "Let the parameter admit every value that can arrive; resolve the permission by `exact`, `pattern` or `attach`.";
    PRF008 Error 1 "a wait is lost"
        "In the monolith one resource waits for another; in the pair nothing makes it wait."
        "Add a `DependsOn`, or split the monolith again.";
    WID001 Error 1 "a scope is wider than what was accepted"
        "A pattern reaches more than what the monolith names, and `--accept` or `--max-wider` does not permit it."
        "Resolve the reference by `exact`, `two-phase` or `attach`, or accept the scope in the file.";
    WID002 Warning 0 "an accepted scope that is not there"
        "The file of accepted scopes has an entry that no scope of the pair needs."
        "Remove the entry, so that the scope cannot come back unseen.";
    WID003 Error 2 "the accepted scopes cannot be read"
        "The file of `--accept` is no list of accepted scopes."
        "Write a list `accepted` of entries with `resource`, `statement` and `scope`.";
    TPL008 Error 1 "a circular dependency inside a template"
        "Resources of one template wait for each other; CloudFormation refuses the template."
        "Break the circle: give one of them an explicit name and write its ARN out.";
    TPL009 Error 1 "a malformed parameter"
        "CloudFormation needs a `Type` in every parameter, and a default that its own constraints admit."
        "Correct the declaration.";
    TPL010 Error 1 "a name is not alphanumeric"
        "CloudFormation admits letters and digits in the names of parameters, mappings, resources and outputs."
        "Rename it, and what references it.";
    TPL011 Error 1 "a text that CloudFormation does not take"
        "A description is longer than CloudFormation admits, or a null stands where a value is needed: it answers \"'null' values are not allowed in templates\"."
        "Shorten the text, or write the value; what has none is left out.";
    TPL012 Error 1 "conditions name each other in a circle"
        "A condition is computed from others. Where they lead back to it, CloudFormation answers \"Found circular condition dependency\"."
        "Break the circle: write one of them out.";
    TPL013 Warning 0 "a type or property that IAM does not have"
        "A resource has a type of IAM, or a property, that CloudFormation does not have. It refuses the template, or what stands there is not what was meant; nothing here reads it."
        "Correct the name; `did you mean` offers those that are near.";
    POL001 Warning 0 "an action that no service has"
        "A statement names an action, or a service, that is not in AWS's list: it is misspelt, it was withdrawn, or it is newer than the list. A statement with it does not allow or deny what was meant."
        "Correct the name; `did you mean` offers those that are near.";
    POL002 Error 2 "not one action"
        "A request is about one action of a service. A pattern may stand for some that are allowed and some that are denied, and a name without a service is nobody's."
        "Ask about one action, as `s3:GetObject`; ask again for others.";
    REL001 Error 1 "a release allows more"
        "A principal may do something with the new IAM template that it may not do with the former one: the finding names a request, and the statement that allows it."
        "Approve it knowingly, or narrow the statement.";
    REL002 Error 1 "whether a release allows more cannot be told"
        "What decides is not in the templates: a policy of AWS or of others, a value that only the deployment knows, a macro."
        "Read the reasons, which name the part; write it out where you can, or pass `--allow-unknown`.";
    RUL001 Error 1 "a rule of the company's is broken"
        "The file of rules asks something of every role, user, group or policy that this one has not, or that it does: the finding names the rule, and for permissions and trust a request that would be allowed."
        "Change what the rule asks for, or write an exception with a reason and an end.";
    RUL002 Error 1 "whether a rule is kept cannot be told"
        "What decides is not in the template: a value that only the deployment knows, a managed policy from elsewhere, what a macro or a stack of its own makes."
        "Write the value out, name the value in the rule as `${NAME}`, or list a managed policy that you have read under `reviewed_policies`.";
    RUL003 Note 0 "an exception from a rule"
        "Something breaks a rule and is permitted all the same, until the day that the exception names."
        "Nothing needs to be done before that day.";
    RUL004 Warning 0 "an exception that nothing needs"
        "The file of rules permits something that no template has: the resource is gone or renamed, or it keeps the rule now."
        "Remove the exception.";
    RUL005 Warning 0 "an exception has ended"
        "The day that the exception names is over: what it permitted breaks the rule again, and is told as such."
        "Mend the resource, or decide anew and name another day.";
    RUL006 Error 2 "the file of rules cannot be read"
        "A key has no meaning, a check is not known or lacks what it asks for, or a value has another shape than its meaning needs."
        "Correct the marked place; `iam-split rules init` writes a file with every check explained.";
    RUL007 Error 2 "two rules contradict each other"
        "Nothing can keep both: no boundary, path or name fits either."
        "Write them as one rule, or say with `of` whom each asks.";
    DPL001 Error 2 "the deployment file cannot be read"
        "A part of deployment.yaml has another shape than its meaning needs: a list where a text stands, a text where names and values stand."
        "Correct the marked place.";
    DPL002 Error 2 "an unknown key in the deployment file"
        "deployment.yaml holds a key that has no meaning."
        "Correct its spelling or remove it.";
    DPL003 Error 2 "an invalid setting of the deployment"
        "A setting does not fit its meaning: a name that AWS would refuse, an address that is no object in S3, a time that is none."
        "Correct the value in deployment.yaml or on the command line.";
    DPL004 Error 2 "a setting is missing"
        "The command cannot run without this setting."
        "Add it to deployment.yaml, or pass it as a flag.";
    DPL005 Error 2 "a value cannot be fetched"
        "deployment.yaml takes a value from an environment variable that is not set, or from a file that cannot be read."
        "Set the variable, correct the path, or write the value another way.";
    DPL006 Error 2 "a template does not fit the pattern"
        "In the external pattern the application template takes IAM by parameters; in the inline pattern one monolith holds everything. The given templates are of the other kind."
        "Give the pair as `template` and `iam_template`, or the monolith alone as `template`.";
    DPL007 Error 2 "a value for a parameter that nobody declares"
        "A name under `parameters` or `iam_parameters` is declared in no template that could take it."
        "Correct its spelling, or remove it.";
    DPL008 Error 2 "a parameter without a value"
        "A parameter has no default, and nothing gives it a value."
        "Give it under `parameters`; a secret by `{env: NAME}` or `{file: PATH}`.";
    DPL009 Error 2 "a value that its parameter refuses"
        "The parameter's own declaration refuses the value: its pattern, its length, its allowed values, its range."
        "Give a value that fits.";
    DPL010 Error 2 "two values for one parameter"
        "A parameter that both templates declare gets one value in both stacks; here are two."
        "Give it once, under `parameters`.";
    DPL011 Error 1 "an output is missing or no ARN"
        "The IAM stack does not give out what the application stack needs, or what it gives out is no ARN of IAM."
        "Deploy the IAM template of this pair: `iam-split deploy iam`.";
    DPL012 Error 1 "a quality gate is not passed"
        "A check of templates or stacks failed; the deployment does not go on past it."
        "Put right what the gate names, and run again: what is done already is not done twice.";
    DPL013 Error 1 "an update that needs two deployments"
        "A role is removed or replaced while the application still uses it."
        "Deploy in two steps: first add the new one and let the application use it, then remove the old one. Or accept the interruption with --accept-interruption.";
    DPL014 Error 1 "the stack is in use"
        "Another stack imports an export, or something outside the stack is attached to a role or policy, so that its deletion would fail half way."
        "Delete or change what uses it first.";
    DPL015 Error 1 "the stack must be put right first"
        "The stack's status admits no update: its creation or deletion failed, or a rollback did."
        "Do what the help says for this status, and run again.";
    DPL016 Error 1 "the monolith runs under this name"
        "The application stack was deployed from the monolith: its roles would be deleted and made anew under other names in the IAM stack."
        "Move them instead: `iam-split migrate` shows the steps and carries them out.";
    DPL017 Error 1 "the running monolith cannot be moved so"
        "Stack refactoring moves resources and changes nothing else: something in the pair would have to change with it."
        "Split again without it, as the help says.";
    DPL018 Error 1 "not what was planned"
        "`deploy --plan` carries out a kept plan only where templates, stacks, parameters and changes are still as it says; a value of a secret is not in it and not compared."
        "Make a new plan and have it approved.";
    DPL019 Error 1 "the stack is another's"
        "The IAM stack of this name serves another application stack, or is no IAM stack, or its ARNs are of another account."
        "Correct `name`, `iam_stack_name`, the region or the credentials.";
    DPL020 Error 1 "the bucket cannot be used as it is"
        "The bucket of the templates belongs to another account, is in another region, or lacks what keeps templates safe: versioning, a block of public access, encryption."
        "Choose another with `bucket` or `prefix`, or let its owner set what it lacks.";
    DPL021 Error 1 "the template is not the one that was read"
        "What CloudFormation would deploy differs from what this command read and checked: somebody wrote to the bucket meanwhile."
        "Find out who may write to the bucket, and run again.";
    DPL022 Error 2 "the file of ARNs does not fit"
        "The file stands in the place of an IAM stack: it has the ARN of a role or policy for each parameter of the application that takes one. An ARN is missing or none of IAM, or the file fills what the template does not have."
        "Correct the file; `iam-split tickets` writes it anew and keeps what is filled in.";
    TKT001 Error 1 "a ticket depends on a value"
        "A condition, a mapping or a list decides what a role or policy is to be, by a parameter that has no value here. A ticket asks for one thing."
        "Give the value with --value NAME=VALUE, or pass --defaults where the template's defaults are what will be deployed.";
    TKT002 Error 1 "a ticket cannot be written out"
        "Only CloudFormation can compute a part of the role or policy, or it is known only once the application stands, or it is a secret."
        "Write the value out in the template, choose another resolution, or leave the resource with the application.";
    TKT003 Warning 0 "the application still creates IAM"
        "What moved is asked for by tickets; something that stayed, or that a transform makes, is IAM too, and its stack needs the capability for it."
        "Let it move: `--all-iam`, another resolution, or roles that are written out in place of those that a transform makes.";
    TKT004 Note 0 "an ARN that nothing takes any more"
        "The file of ARNs was filled in for a template that had more, and what it says for this parameter was taken out."
        "Nothing needs to be done; what the ARN names may be deleted once the application is deployed without it.";
    TFM001 Error 1 "an output that Terraform expects and the pair lacks"
        "The files take an output of a stack that its template does not have, or has under a condition only."
        "Remove the use and the parameter that takes it, or correct the name; `iam-split terraform` writes what fits.";
    TFM002 Error 1 "a parameter that nobody passes"
        "A template declares a parameter without a default, and the files give the stack no value for it. It is a warning where a value may come from what is not in the files."
        "Add it to the stack's `parameters`.";
    TFM003 Error 1 "a name with `Arn` where none is due"
        "Outputs of the IAM stack end in `Arn`; the application's parameters that take them are called like the resources."
        "Pass it under the name without `Arn`.";
    TFM004 Error 1 "a parameter that the template does not have"
        "The files pass a parameter that the stack's template does not declare; CloudFormation refuses that."
        "Remove it, or correct the name.";
    TFM005 Warning 1 "a template's address that stays"
        "Terraform compares addresses, not contents: new content under the same address is no change, and is not deployed."
        "Put the content's hash into the object's key, or its version into the address.";
    TFM006 Warning 1 "a missing output is hidden"
        "`try` or `lookup` turns a missing output into null, which is passed on as no value or an empty one."
        "Take the output directly, or add a precondition to the stack that takes it.";
    TFM007 Error 1 "a stack is read before it stands"
        "A data source reads the IAM stack that the same files make, and waits for nothing: the first plan fails, and later ones see old outputs."
        "Take the outputs of the resource or module that makes the stack, or add `depends_on`.";
    TFM008 Warning 1 "the user's values lose"
        "In `merge` what comes later wins, and something comes after the user's parameters."
        "Put the user's parameters last.";
    TFM009 Error 1 "a capability is missing"
        "A template makes IAM resources or has a macro, and the stack does not acknowledge it."
        "Add it to the stack's `capabilities`.";
    TFM010 Error 2 "a file of Terraform cannot be read"
        "The file is no HCL."
        "Correct the marked place.";
    TFM011 Warning 1 "something was not looked at"
        "Part of the files cannot be judged: a module whose files are elsewhere, JSON, a stack of which nothing says which of the two it is."
        "Give the files, or look at that part by hand.";
    TFM012 Error 1 "a secret would be overwritten"
        "CloudFormation gives secrets back as `****`. With their changes ignored, Terraform passes that on at the next update of anything (terraform-provider-aws 29405)."
        "Leave `parameters` out of `ignore_changes`.";
    TFM013 Error 2 "the plan cannot be read"
        "The file is not what `terraform show -json` writes of a plan."
        "Write it with `terraform plan -out=plan.bin` and `terraform show -json plan.bin > plan.json`.";
    AWS000 Error 3 "AWS refuses or fails"
        "AWS answered with an error that has no explanation here."
        "Read AWS's own words; when what they name is put right, run the command again: what is done already is not done twice.";
    AWS001 Error 3 "the template's address leads nowhere"
        "CloudFormation cannot read the template from S3: the object or the bucket is not there, or the caller may not read it."
        "Check S3 bucket permissions and template existence: `iam-split upload` puts both templates there. Then retry the deployment.";
    AWS002 Error 3 "a name is already in use"
        "A role, policy or other resource with this explicit name exists already, outside this stack."
        "Delete the conflicting resource or change the name in the template; where the running monolith has it, `iam-split migrate` moves it. Then retry the deployment.";
    AWS003 Error 3 "the template is refused"
        "CloudFormation does not know a property, misses one, or finds the template malformed."
        "Fix the template at the place, check it with `iam-split gates 1`, and retry the deployment.";
    AWS004 Error 3 "capabilities are missing"
        "CloudFormation makes IAM resources only where the caller acknowledges it. iam-split passes what the templates need; a stack policy or another caller did not."
        "Deploy with `iam-split deploy`, which passes `CAPABILITY_NAMED_IAM` where the template has named IAM resources.";
    AWS005 Error 3 "the stack is not there"
        "No stack has this name in this account and region."
        "Verify that the IAM stack exists and is in a successful state, that its name, account and region match, and deploy the IAM stack first: `iam-split deploy iam`.";
    AWS006 Error 3 "the stack is in a failed state"
        "The stack's status admits no update: its creation failed, or a rollback did."
        "Fix the IAM stack: after `ROLLBACK_COMPLETE` `iam-split deploy` offers to delete it and to create it again; after `UPDATE_ROLLBACK_FAILED` `iam-split rollback --continue` goes on with the rollback.";
    AWS007 Error 3 "a parameter has no value"
        "The template declares a parameter without a default, and none was passed."
        "Verify that the IAM parameters are passed and that their names match between the outputs of the IAM stack and the parameters of the application: `iam-split gates 3`.";
    AWS008 Error 3 "a parameter's value is refused"
        "The value does not match the parameter's pattern or constraint."
        "Verify that the outputs of the IAM stack are valid ARNs (`iam-split outputs`), and that the pattern admits the partition.";
    AWS009 Error 3 "a role does not exist"
        "The application names a role that is not there: deleted by hand, of another account, or of an older IAM stack."
        "Ensure that the IAM roles exist in AWS: `iam-split gates 2`, then `iam-split deploy` to pass the newest ARNs.";
    AWS010 Error 3 "a role cannot be assumed"
        "The role's trust policy does not name the service, or the role is so new that the service does not see it yet."
        "A new role needs some seconds: iam-split retries once the stack is back. Where it stays, correct the trust policy in the IAM template.";
    AWS011 Error 1 "a running service is refused by IAM"
        "A log or a service event says that the application's role may not do something."
        "Verify that the outputs of the IAM stack are the latest (`iam-split status`), add the permission to the statement that is named, deploy the IAM stack, and restart the service if it keeps old credentials.";
    AWS012 Error 3 "the role's ARN is not valid"
        "A service took the parameter's value for no role: a name in the place of an ARN, or an ARN of another kind."
        "Check that the application's parameters are updated (`iam-split status`); deploy the application stack again.";
    AWS013 Error 3 "an export is in use"
        "Another stack imports the export, so that it can neither be removed nor changed."
        "Delete or change the importing stack first; `iam-split delete` deletes the application stack before the IAM stack, and names other importers.";
    AWS014 Error 3 "something is still in use"
        "A resource cannot be deleted: a policy is attached from outside the stack, a role is in an instance profile, a bucket holds objects."
        "Detach or empty what is named, then run `iam-split delete` again: it goes on where it stopped. Delete in reverse order if you do it by hand.";
    AWS015 Error 3 "the stack is protected"
        "Termination protection is on."
        "Switch it off if the stack may go: `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name NAME`.";
    AWS016 Error 3 "an operation is under way"
        "Another run, person or pipeline changes this stack right now."
        "Wait for it: `iam-split deploy` joins an operation that is under way, and goes on after it.";
    AWS017 Error 3 "changed by hand"
        "A resource of the stack is not what the stack believes: it was deleted or changed outside CloudFormation."
        "Use iam-split for all updates. Put the resource back as it was, or let `aws cloudformation detect-stack-drift` show what differs, then deploy again.";
    AWS018 Error 3 "the caller may not do this"
        "The credentials, or the stack's service role, lack a permission."
        "Ask for the permission that is named; `iam-split permissions iam` and `iam-split permissions app` print what each team needs.";
    AWS019 Error 3 "no valid credentials"
        "The credentials are missing, wrong or expired."
        "Sign in again (`aws sso login`), or set the profile. Then run the same command: a deployment that went on meanwhile is joined.";
    AWS020 Error 3 "AWS is not reachable or overloaded"
        "Requests were throttled, failed on AWS's side, or the network broke. They were retried and still failed."
        "Run the same command again in a while: what is done already is not done twice, and an operation that goes on is joined.";
    AWS021 Error 3 "a quota is reached"
        "The account has as many roles, policies or stacks as it may."
        "Delete what is not used, or have the quota raised.";
    AWS022 Error 3 "IAM refuses a policy"
        "A policy document is malformed or too long, or names a principal that does not exist."
        "Correct the policy in the IAM template; a principal must exist before the role that trusts it.";
    AWS023 Error 3 "a parameter that the template does not have"
        "A value was passed for a parameter that the deployed template does not declare."
        "Remove it from `deployment.yaml`, or deploy the template that has it.";
    AWS024 Error 3 "refused before it is deployed"
        "CloudFormation checks properties, names and quotas before it changes anything, and says by `DescribeEvents` what it found."
        "Correct the template at the place, and deploy again: nothing was changed.";
    AWS025 Error 3 "an answer that is not AWS's"
        "Something between here and AWS answered in its place: a proxy, a firewall, a sign-in page, or an endpoint that is none."
        "Check the proxy (`HTTPS_PROXY`) and the endpoint (`AWS_ENDPOINT_URL`).";
    AWS026 Error 3 "the name of AWS's host is not found"
        "The host's name cannot be resolved: the network is down, a proxy is not set, or there is no such region."
        "Check the network and the region.";
    AWS027 Error 3 "no credentials from the machine"
        "Nothing else gave credentials, and the metadata service of the machine or container did not either: this is no machine of AWS's, or it has no role."
        "Sign in (`aws sso login`), set a profile, or give the machine a role.";
    INT001 Error 1 "the result broke a rule of its own"
        "A check on our own result failed. No file was written."
        "Please report this with the template, or with a part of it that shows it.";
}

impl Code {
    /// The code that a text names, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.trim().to_uppercase();
        Self::ALL.iter().copied().find(|code| code.as_str() == upper)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("there is no code `{text}`")))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The code of a finding; `docs/errors.md` explains each.",
            "type": "string",
            "pattern": "^[A-Z]{3}[0-9]{3}$",
        })
    }
}
