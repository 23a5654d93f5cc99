// kind: area
// category: effect
// label: Pencil sketch / 铅笔素描
// param: strength number 0.2 3 1 / Strength / 强度
// param: shade number 0 1 0.35 / Shading / 明暗
// Grey pencil on paper: lines, and a little of the shading. Lines are what a place is darker than its surroundings by,
// which draws each edge once and leaves flat noise blank.
float sketch_light(sampler2D src, vec2 uv) {
    return dot(texture(src, uv).rgb, vec3(0.2126, 0.7152, 0.0722));
}
vec4 sketch(sampler2D src, vec2 uv, vec2 texel, float strength, float shade) {
    vec2 unit = texel * max(1.0, 1.0 / (400.0 * max(texel.x, texel.y)));
    float here = 0.0;
    float around = 0.0;
    for (int i = 0; i < 8; i++) {
        float a = 0.78539816 * float(i);
        vec2 along = vec2(cos(a), sin(a));
        here += sketch_light(src, uv + along * 0.7 * unit);
        around += sketch_light(src, uv + along * 3.0 * unit) + sketch_light(src, uv + along * 5.0 * unit);
    }
    here /= 8.0;
    around /= 16.0;
    float line = smoothstep(0.02, 0.02 + 0.25 / strength, (around - here) / (around + 0.15));
    float paper = 1.0 - shade * 0.75 * (1.0 - smoothstep(0.05, 0.85, here));
    float grey = paper * (1.0 - 0.92 * line);
    return vec4(vec3(grey) * vec3(1.0, 0.99, 0.965), 1.0);
}
