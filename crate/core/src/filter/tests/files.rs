use proptest::prelude::*;

use super::*;

/// The plainest file that is a filter, with one thing changed.
fn refused(text: &str) -> String {
    parse(Some("mine"), text).map(|_| ()).expect_err(text).to_string()
}

/// A file that must be a filter.
fn read(name: &str, text: &str) -> Filter {
    parse(Some(name), text).unwrap_or_else(|error| panic!("{name}: {error} in {text}"))
}

#[test]
fn each_fault_is_told_with_its_line() {
    const BODY: &str = "vec4 mine(vec4 color, vec2 uv) { return color; }\n";
    let with = |lines: &str| ["// kind: point\n", lines, BODY].concat();
    assert!(parse(Some("mine"), &with("")).is_ok());
    let listed = with("const float MINE_A[2] = float[2](1.0, 2.0);\nconst vec2 MINE_B = vec2(MINE_A[0], 1.0);\n");
    assert!(parse(Some("mine"), &listed).is_ok());
    let mine =
        parse(Some("mine"), &with("// label: Black/white / 黑/白\n// category: colour, look\n")).expect("a filter");
    assert_eq!((mine.label.en.as_str(), mine.label.zh.as_str()), ("Black/white", "黑/白"));
    assert_eq!(mine.categories, ["colour", "look"]);
    let cases = [
        (BODY.to_owned(), "line 1: no line `// kind: ...`"),
        (with("// kind: area\n"), "line 2: `kind` stands there twice"),
        (["\n// kind: colour\n", BODY].concat(), "line 2: wanted `// kind: coord | point | area | composite`"),
        (with("// label: Mine\n"), "line 2: wanted `// label: English / 中文`"),
        (
            with("// category: misc\n"),
            "line 2: wanted `// category: geometry | colour | look | beauty | effect | overlay`",
        ),
        (
            with("// param: amount number 1 0 0\n"),
            "line 2: wanted `// param: name number <min> <max> <default> / English / 中文`",
        ),
        (
            with("// param: Amount number 0 1 0\n"),
            "line 2: `Amount` is no free name of lower case letters, digits and _",
        ),
        (with("// param: a number 0 1 0\n"), "line 2: no function takes `a`"),
        (with("// param: a curve\n// param: a curve\n"), "line 3: `a` stands there twice"),
        (with("// identity: a=0\n"), "line 2: nothing before is called `a`"),
        (with("#define A\n"), "line 2: lines with # are not taken"),
        (with("uniform float a;\n"), "line 2: only functions with a body and constants may stand here"),
        (with("vec4 mine_a(float x);\n"), "line 2: only functions with a body and constants may stand here"),
        (with("\n/* no end\n"), "line 3: a comment does not end"),
        (with("float other(float x) { return x; }\n"), "line 2: `other` must begin with the filter's name and _"),
        (with("void main() { }\n"), "line 2: `main` must begin with the filter's name and _"),
        (with("float mine_a(float x) { return x); }\n"), "line 2: brackets do not match"),
        (with("float mine_a(float x) { return x;\n"), "line 2: brackets do not match"),
        (with("float mine_a(float x) {\n#if 1\n return x; }\n"), "line 2: brackets do not match"),
        (with("const float MINE_A = 1.0;\nconst float MINE_A = 2.0;\n"), "line 3: `MINE_A` stands there twice"),
        (
            with("const float MINE_A = 1.0, brightness = 2.0;\n"),
            "line 2: only functions with a body and constants may stand here",
        ),
        (with("float mine_a(float x) {\n    discard; }\n"), "line 3: a filter may not say `discard`"),
        (with("float mine_a(float x) { return\n\nf0_amount; }\n"), "line 4: a filter may not say `f0_amount`"),
        (with("const vec2 MINE_A = v_uv;\n"), "line 2: a filter may not say `v_uv`"),
        (with("// param: a_ number 0 1 0\n"), "line 2: `a_` is no free name of lower case letters, digits and _"),
        (with("@\n"), "line 2: byte 64 is nothing in GLSL"),
        (with("// stage: a\n"), "line 2: wanted `// kind: area`"),
        (
            "// kind: point\nvec3 mine(vec4 color, vec2 uv) { }".to_owned(),
            "line 2: wanted `vec4 f(vec4 color, vec2 uv, ...)`",
        ),
        (
            "// kind: coord\nvec2 mine(vec2 uv, float a) { }".to_owned(),
            "line 2: no parameter of this type is called `a`",
        ),
        ("// kind: coord\nvec2 mine(inout vec2 uv) { }".to_owned(), "line 2: wanted `vec2 f(vec2 uv, ...)`"),
    ];
    for (text, wanted) in cases {
        let wanted =
            wanted.replace("byte 64 is nothing in GLSL", "only functions with a body and constants may stand here");
        assert_eq!(refused(&text), wanted, "{text}");
    }
    let area = |lines: &str| {
        [
            "// kind: area\n",
            lines,
            "vec4 a(sampler2D src, vec2 uv, vec2 texel) { return texture(src, uv); }\n\
          vec4 mine(sampler2D src, vec2 uv, vec2 texel) { return texture(src, uv); }\n",
        ]
        .concat()
    };
    assert!(parse(Some("mine"), &area("// stage: a scale 0.25\n// stage: mine reads source\n")).is_ok());
    let stage = "wanted `// stage: name [scale 0.5] [reads source|previous|<stage>[,...]]`";
    let cases = [
        ("// stage: a scale 2\n// stage: mine\n", format!("line 2: {stage}")),
        ("// stage: a reads mine\n// stage: mine\n", "line 2: nothing before is called `mine`".to_owned()),
        ("// stage: a\n// stage: a\n", "line 3: `a` stands there twice".to_owned()),
        (
            "// stage: a\n// stage: mine scale 0.5\n",
            "line 3: the last stage draws the picture: its scale is 1".to_owned(),
        ),
        ("// stage: a\n// stage: mine\n// stage: b\n", "line 4: no function `b`".to_owned()),
        (
            "// stage: src\n// stage: mine\n",
            "line 2: `src` is no free name of lower case letters, digits and _".to_owned(),
        ),
        ("", "line 2: `a` must begin with the filter's name and _".to_owned()),
        ("// stage: a\n// param: a image\n// stage: mine\n", "line 3: `a` stands there twice".to_owned()),
    ];
    for (lines, wanted) in cases {
        assert_eq!(refused(&area(lines)), wanted, "{lines}");
    }
}

#[test]
fn ones_own_filter_is_called_as_its_last_function_and_takes_no_name_of_others() {
    let mut library = Library::default();
    let point = |name: &str| format!("// kind: point\nvec4 {name}(vec4 color, vec2 uv) {{ return color; }}\n");
    let mine = library.define(&point("mine")).expect("a filter");
    assert!(library.find("mine").is_none(), "not before the browser compiles it");
    library.handle_defined(mine);
    assert!(library.find("mine").is_some_and(|filter| filter.is_public()));
    let taken =
        |library: &mut Library, name: &str| library.define(&point(name)).map(|_| ()).map_err(|error| error.to_string());
    for name in ["brightness", "recode", "look_noir"] {
        let wanted = format!("line 2: another filter has `{name}`");
        assert_eq!(taken(&mut library, name), Err(wanted));
    }
    // A helper of `u` could be called `u_time`.
    for name in ["fetch", "uv", "gl_x", "f0_x", "u_size", "a__b", "a_", "u", "v", "o", "f0", "gl"] {
        let wanted = format!("line 2: `{name}` is no free name of lower case letters, digits and _");
        assert_eq!(taken(&mut library, name), Err(wanted));
    }
    for kind in ["mat3", "float"] {
        let internal = format!(
            "// kind: point\n// param: m {kind}\nvec4 own(vec4 color, vec2 uv, {kind} m) {{ return color; }}\n"
        );
        let error = library.define(&internal).map(|_| ()).expect_err("internal");
        assert_eq!(
            crate::error::Failure::from(error).to_string(),
            "shader_invalid: line 2: wanted `// param: name number|colour|choice|curve|image|table ... / English / 中文`"
        );
    }
}

#[test]
fn a_loop_that_cannot_be_seen_to_end_is_refused_with_its_line() {
    let with =
        |body: &str| format!("// kind: point\nvec4 mine(vec4 color, vec2 uv) {{\n{body}\n    return color;\n}}\n");
    let form = "wanted `for (int i = 0; i < 9; i++) { ... }` with numbers, and `i` left alone";
    let most = "at most 1024 turns of loops and calls of functions";
    for body in [
        "while (color.r < 2.0) { color.g += 0.1; }",
        "do { color.g += 0.1; } while (true);",
        "for (;;) { color.g += 0.1; }",
        "for (int i = 0; i < int(uv.x); i++) { color.g += 0.1; }",
        "for (int i = 0; i >= 0; i++) { color.g += 0.1; }",
        "for (int i = 0; i < 9; i--) { color.g += 0.1; }",
        "for (int i = 0; i < 9; i += 0) { color.g += 0.1; }",
        "for (int i = 0; i <= 2147483647; i++) { color.g += 0.1; }",
        "for (float x = 1000000.0; x < 1000001.0; x += 0.01) { color.g += 0.1; }",
        "for (int i = 0, j = 0; i < 9; i++) { color.g += 0.1; }",
        "for (int i = 0; i < 9; j++) { color.g += 0.1; }",
        "for (int i = 0; i < 9; i++) color.g += 0.1;",
        "for (int i = 0; i < 9; i++) { i = 0; }",
        "for (int i = 0; i < 9; i++) { if (uv.x > 0.5) { i -= 1; } }",
        "for (int i = 0; i < 9; i++) { -- i; }",
        "for (int i = 0; i < 9; i++) { color.g += float(i--); }",
        "for (float x = 0.0; x < 9.0; x += 1.0) { modf(0.5, x); }",
        "for (int i = 0; i < 9; i++) { (i) = 0; }",
        "for (int i = 0; i < 9; i++) { ( ( i ) )--; }",
        "for (int i = 0; i < 9; i++) { if (uv.x > 0.5) color.g = 0.0; else (i) -= 1; }",
        "for (int i = 0; i < 9; i++) { --(i); }",
        "const int MOST = 8; for (int i = 0; i < MOST; i++) { color.g += 0.1; }",
    ] {
        assert_eq!(refused(&with(body)), format!("line 3: {form}"), "{body}");
    }
    let helper = "// kind: point\nvoid mine_back(inout int i) { i = 0; }\n\
        vec4 mine(vec4 color, vec2 uv) {\nfor (int i = 0; i < 9; i++) { mine_back(i); }\nreturn color; }\n";
    assert_eq!(refused(helper), format!("line 4: {form}"));
    for body in [
        "for (int i = 0; i < 1025; i++) { color.g += 0.1; }",
        "for (int i = 0; i < 33; i++) { for (int j = -16; j < 16; j++) { color.g += 0.1; } }",
    ] {
        assert_eq!(refused(&with(body)), format!("line 3: {most}"), "{body}");
    }
    // Ten functions, each of which calls the one before ten times.
    let calls = |at: u32| (0..10).map(|_| format!("mine_{}(x) + ", at - 1)).collect::<String>();
    let tower: String =
        (1..10).map(|at| format!("float mine_{at}(float x) {{ return {}0.0; }}\n", calls(at))).collect();
    let tower = with("").replace("vec4 mine", &format!("float mine_0(float x) {{ return x; }}\n{tower}vec4 mine"));
    assert_eq!(refused(&tower), format!("line 5: {most}"));
    for body in [
        "for (int i = 0; i < 1024; i++) { color.g += float(i == 3 ? 1 : i) * 0.1; }",
        "for (highp float x = -2.0; x <= 2.0; x += 0.5) { color.g += x * 0.1 - -x; }",
        "for (int i = 8; i > -8; --i) { color.g += float(i) - (i == 3 ? 1.0 : 0.0); }\n    for (int i = 1; i <= 0; i++) { color.g = 0.0; }",
        "for (int i = 0; i < 8; ++i) { for (int k = 8; k >= 0; k -= 2) { color[i % 3] += float(k); } }",
    ] {
        let text = with(body);
        read("mine", &text);
    }
}

#[test]
fn shipped_files_have_names_of_their_own() {
    let mut functions = Vec::new();
    for (name, text) in library::SHIPPED {
        let filter = read(name, text);
        functions.extend(filter.items.iter().map(|item| item.name.clone()));
    }
    let count = functions.len();
    functions.sort();
    functions.dedup();
    assert_eq!(functions.len(), count, "two filters have a function of the same name");
}

#[test]
fn what_only_people_read_is_missing_in_wasm_alone() {
    let text = |(name, text): &(&str, &str)| {
        let filter = read(name, text);
        let plan = alone(&mut Library::default(), &filter);
        let lines = plan.passes.iter().flat_map(|pass| pass.fragment.lines()).map(|line| line.trim().to_owned());
        let ranges: Vec<Range> = filter.params.iter().map(|param| param.range.clone()).collect();
        (lines.collect::<Vec<_>>(), ranges, filter.identities)
    };
    for (shipped, bare) in library::SHIPPED.iter().zip(library::BARE) {
        assert_eq!(text(shipped), text(bare));
        assert!(bare.1.len() < shipped.1.len() && bare.1.is_ascii(), "{}", bare.0);
    }
}

#[test]
fn shipped_colours_leave_alpha_alone() {
    for (name, text) in library::SHIPPED {
        let filter = read(name, text);
        let last = filter.items.last().map_or("", |item| item.text.trim_end());
        let keeps = !matches!(filter.kind, Kind::Point | Kind::Composite) || last.ends_with("color.a);\n}");
        assert!(keeps, "{name} ends with {last}");
    }
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn any_text_is_a_filter_or_refused_with_a_line_that_it_has(
        seed in 0..FILES.len(), at in any::<prop::sample::Index>(), cut in 0..4_usize, put in "\\PC{0,3}|[(){}/*#\n:]{0,4}",
    ) {
        let mut text: Vec<char> = FILES[seed].1.chars().collect();
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, put.chars());
        let text: String = text.into_iter().collect();
        match Library::default().define(&text) {
            Err(error) => prop_assert!((1..=text.lines().count().max(1) as u32).contains(&error.line), "{error}"),
            Ok(filter) => {
                let mut library = Library::default();
                let plan = alone(&mut library, &filter);
                prop_assert_eq!(plan.passes.len(), filter.stages.len());
                for pass in &plan.passes {
                    random::is_program(pass);
                }
            }
        }
    }
}
