// kind: point
// category: effect
// label: Posterise / 色调分离
// param: steps number 2 32 6 / Steps / 级数
// Few levels of each primary, black and white among them.
vec4 posterise(vec4 color, vec2 uv, float steps) {
    float last = max(floor(steps + 0.5), 2.0) - 1.0;
    return vec4(floor(clamp(color.rgb, 0.0, 1.0) * last + 0.5) / last, color.a);
}
