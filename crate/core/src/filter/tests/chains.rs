use super::*;

fn asked(name: &str, params: &[(&str, Given)]) -> Asked {
    let params = params.iter().map(|(name, given)| ((*name).to_owned(), given.clone())).collect();
    Asked { name: name.to_owned(), params }
}

fn text(text: &str) -> Given {
    Given::Text(text.to_owned())
}

#[test]
fn numbers_are_brought_into_their_range_and_what_is_not_given_is_the_default() {
    let mut library = Library::with(&FILES);
    let wanted = [(0.25, 0.25), (7.0, 1.0), (f64::NEG_INFINITY, -1.0)];
    for (number, value) in wanted {
        let chain = Chain::check(&[asked("bright", &[("amount", Given::Number(number))])], &mut library);
        assert_eq!(chain.expect("a chain").steps[0].values, [Value::Number(value)]);
    }
    let chain = Chain::check(&[asked("soft", &[("mode", text("plain"))]), asked("edge", &[])], &mut library);
    let steps = chain.expect("a chain").steps;
    assert_eq!(steps[0].values, [Value::Number(2.0), Value::Choice(0)]);
    assert_eq!(steps[1].values, [Value::Color([0x10, 0x20, 0x30])]);
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_place() {
    let mut library = Library::with(&FILES);
    let fine = asked("flip", &[]);
    let cases = [
        (asked("brigth", &[]), "filter 1: none is called brigth"),
        (asked("orient", &[]), "filter 1: none is called orient"),
        (asked("bright", &[("amuont", Given::Number(1.0))]), "filter 1: bright has no amuont"),
        (asked("bright", &[("amount", Given::Number(f64::NAN))]), "filter 1: amount of bright wants a number"),
        (asked("bright", &[("amount", text("1"))]), "filter 1: amount of bright wants a number"),
        (asked("soft", &[("mode", text("flat"))]), "filter 1: mode of soft wants one of its words"),
        (asked("edge", &[("tint", text("red"))]), "filter 1: tint of edge wants a colour as #rrggbb"),
        (asked("recolour", &[("table", Given::Number(1.0))]), "filter 1: table of recolour wants a picture"),
        (asked("blend", &[]), "filter 1: other of blend wants a picture"),
    ];
    for (wrong, wanted) in cases {
        let error = Chain::check(&[fine.clone(), wrong], &mut library).expect_err(wanted);
        assert_eq!(error.to_string(), wanted);
    }
    let long = vec![fine; LONGEST + 1];
    assert_eq!(Chain::check(&long, &mut library).err(), Some(ChainError::TooLong(LONGEST)));
    assert!(Chain::check(&long[1..], &mut library).is_ok());
}

#[test]
fn what_changes_nothing_takes_no_part() {
    let mut library = Library::with(&FILES);
    let number = |value| Given::Number(value);
    let chain = [
        asked("bright", &[]),
        asked("recolour", &[]),
        asked("recolour", &[("table", Given::Picture(3)), ("part", number(0.0))]),
        asked("recolour", &[("table", Given::Picture(3))]),
        asked("soft", &[("radius", number(0.0))]),
        asked("bright", &[("amount", number(0.1))]),
    ];
    let chain = Chain::check(&chain, &mut library).expect("a chain");
    let active = chain.active();
    let names: Vec<_> = active.iter().map(|step| step.filter.name.as_str()).collect();
    assert_eq!((chain.steps.len(), names), (6, vec!["recolour", "bright"]));
    assert_eq!(active[0].values, [Value::Picture(Some(3)), Value::Number(1.0)]);
    let plan = fuse(&mut library, &active, Ends::default(), Form::Fused);
    assert_eq!(plan.passes[0].uniforms[2].source, Source::Param { step: 1, param: 0 });
}

#[test]
fn a_straight_curve_is_no_curve() {
    let mut library = Library::default();
    for (curve, draws) in [("", 0), ("0,0 1,1", 0), ("0,0 0.5,0.5 1,1", 0), ("0,0 0.5,0.6 1,1", 1), (";;0,0.1 1,1;", 1)]
    {
        let chain = Chain::check(&[asked("tone_curve", &[("curve", text(curve))])], &mut library).expect(curve);
        let plan = fuse(&mut library, &chain.active(), Ends::default(), Form::Fused);
        assert_eq!(plan.passes.len(), draws, "{curve}");
    }
}

#[test]
fn a_curve_of_few_points_is_drawn_without_a_table_and_read_once() {
    let mut library = Library::default();
    let mut drawn = |curve: &str, amount| {
        let params = [("curve", text(curve)), ("amount", Given::Number(amount))];
        let chain = Chain::check(&[asked("tone_curve", &params)], &mut library).expect(curve);
        fuse(&mut library, &chain.active(), Ends::default(), Form::Fused)
    };
    let plan = drawn("0,0 0.25,0.2 0.75,0.8 1,1", 0.5);
    assert_eq!(keys(&plan), ["tone_cubic"]);
    let pass = &plan.passes[0];
    random::is_program(pass);
    let kinds: Vec<_> = pass.uniforms.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(kinds, [("f0_base", "vec4"), ("f0_first", "vec3"), ("f0_second", "vec3")]);
    assert!(
        pass.vertex.contains("    f0_base_flat = f0_base;\n") && pass.fragment.contains("(color, v_uv, f0_base_flat, ")
    );
    assert_eq!(keys(&drawn("0,0 0.2,0.1 0.4,0.5 0.6,0.7 1,1", 0.5)), ["tone_curve"]);
    assert_eq!(keys(&drawn("0,0 0.5,0.2 1,1", 0.0)), [""; 0]);
}

#[test]
fn a_look_by_its_name_is_drawn_by_its_recipe() {
    let mut library = Library::default();
    let mut drawn = |table, amount| {
        let params = [("table", table), ("amount", Given::Number(amount))];
        let chain = Chain::check(&[asked("lut", &params)], &mut library).expect("a chain");
        let plan = fuse(&mut library, &chain.active(), Ends::default(), Form::Fused);
        (plan, chain.steps[0].values.clone())
    };
    let (named, values) = drawn(text("noir"), 0.5);
    assert_eq!(keys(&named), ["look_noir"]);
    assert_eq!(values, [Value::Number(0.5)]);
    // Its one number goes by way of the vertex shader; it keeps to 0..=1 by itself.
    let uniforms: Vec<_> = named.passes[0].uniforms.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(uniforms, ["f0_amount"]);
    assert!(named.passes[0].fragment.contains("    color.rgb = look_noir(color, v_uv, f0_amount_flat).rgb;\n"));
    assert_eq!(keys(&drawn(text("noir"), 0.0).0), [""; 0]);
    assert_eq!(keys(&drawn(Given::Picture(3), 0.5).0), ["lut"]);
    assert!(Chain::check(&[asked("look_noir", &[])], &mut library).is_err(), "no chain names it");
    // Filters of one's own may read its table all the same.
    let mine = "// kind: point\n// param: table table\nvec4 mine(vec4 color, vec2 uv, sampler2D table) {\n    return color;\n}\n";
    let mine = library.define(mine).expect("a filter");
    library.handle_defined(mine);
    let chain = Chain::check(&[asked("mine", &[("table", text("noir"))])], &mut library).expect("a chain");
    let place = looks::LOOKS.iter().position(|look| look.name == "noir").and_then(|at| u32::try_from(at).ok());
    assert_eq!(chain.steps[0].values, [Value::Picture(place.map(|at| LOOK + at))]);
    assert_eq!(looks::LOOKS[0].table().side, 512);
}

#[test]
fn every_look_is_a_program_alone_twice_and_behind_others() {
    let mut library = Library::default();
    for look in &looks::LOOKS {
        let look = asked("lut", &[("table", text(look.name)), ("amount", Given::Number(0.5))]);
        let seven = ["brightness", "exposure", "rgb_gain", "contrast", "saturation", "vibrance", "tone_curve"];
        let before = seven.map(|name| match name {
            "tone_curve" => asked(name, &[("curve", text("0,0 0.25,0.2 0.75,0.8 1,1"))]),
            "rgb_gain" => asked(name, &[("red", Given::Number(1.2))]),
            "exposure" => asked(name, &[("stops", Given::Number(0.2))]),
            _ => asked(name, &[("amount", Given::Number(0.2))]),
        });
        for chain in [vec![look.clone()], vec![look.clone(), look.clone()], [&before[..], &[look]].concat()] {
            let asked = chain.len();
            let chain = Chain::check(&chain, &mut library).expect("a chain");
            let plan = fuse(&mut library, &chain.active(), Ends::default(), Form::Fused);
            assert_eq!((plan.passes.len(), plan.passes[0].key.split('+').count()), (1, asked));
            random::is_program(&plan.passes[0]);
        }
    }
}

#[test]
fn eight_filters_of_colours_are_one_draw_and_beauty_with_four_is_three() {
    let mut library = Library::default();
    let ends = Ends { orient: true, recode: true };
    let colours = ["brightness", "exposure", "rgb_gain", "contrast", "saturation", "vibrance", "tone_curve", "lut"];
    let beauty = ["beauty", "brightness", "contrast", "saturation", "lut"];
    for ends in [ends, Ends::default()] {
        assert_eq!(plan(&mut library, &colours, ends, Form::Fused).passes.len(), 1);
        assert_eq!(plan(&mut library, &beauty, ends, Form::Fused).passes.len(), 2 + usize::from(ends.orient));
    }
    assert_eq!(plan(&mut library, &colours, ends, Form::Apart).passes.len(), 10);
    let amid = ["brightness", "beauty", "contrast", "saturation", "lut"];
    assert_eq!(plan(&mut library, &amid, ends, Form::Fused).passes.len(), 3);
}

#[test]
fn every_shipped_filter_can_be_listed_and_asked_for() {
    let mut library = Library::default();
    for filter in library.public() {
        assert!(!filter.categories.is_empty() && filter.label.en != filter.label.zh, "{}", filter.name);
        for param in &filter.params {
            assert_ne!(param.label.en, param.label.zh, "{} {}", filter.name, param.name);
        }
        let view = view(&filter);
        assert_eq!(view.parameters.len(), filter.params.len());
        let names = [filter.name.as_str()];
        let chain = chain(&mut library, &names);
        assert_eq!(chain.steps[0].values.len(), filter.params.len());
    }
    let lut = library.find("lut").map(|filter| view(&filter)).expect("lut");
    assert_eq!((lut.kind, lut.stages), (Kind::Point, 1));
    let strength = lut.parameters.iter().find(|one| one.kind == "number").expect("a number");
    assert_eq!(
        (strength.min, strength.max, &strength.default),
        (Some(0.0), Some(1.0), &Some(DefaultView::Number(1.0)))
    );
}
