// kind: composite
// category: overlay
// label: Blend / 混合
// param: other image / Picture / 图片
// param: mode choice normal|multiply|screen|overlay|darken|lighten|colour_dodge|colour_burn|hard_light|soft_light|difference|exclusion|add|subtract|hue|saturation|colour|luminosity screen / Mode / 模式
// param: opacity number 0 1 1 / Opacity / 不透明度
// identity: opacity=0
// Another picture, as large as the film, over it: the modes of W3C Compositing and Blending Level 1 in its order, with
// add and subtract between the separable ones and the four that go by hue.
float blend_light(vec3 c) {
    return dot(c, vec3(0.3, 0.59, 0.11));
}
vec3 blend_with_light(vec3 c, float light) {
    c += light - blend_light(c);
    float y = blend_light(c);
    float low = min(c.r, min(c.g, c.b));
    float high = max(c.r, max(c.g, c.b));
    c = low < 0.0 ? y + (c - y) * y / max(y - low, 1e-5) : c;
    return high > 1.0 ? y + (c - y) * (1.0 - y) / max(high - y, 1e-5) : c;
}
float blend_range(vec3 c) {
    return max(c.r, max(c.g, c.b)) - min(c.r, min(c.g, c.b));
}
vec3 blend_with_range(vec3 c, float range) {
    float low = min(c.r, min(c.g, c.b));
    return (c - low) * range / max(blend_range(c), 1e-5);
}
vec3 blend_mode(vec3 b, vec3 s, int mode) {
    if (mode == 1) return b * s;
    if (mode == 2) return b + s - b * s;
    if (mode == 3) return mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), step(0.5, b));
    if (mode == 4) return min(b, s);
    if (mode == 5) return max(b, s);
    if (mode == 6) return mix(min(vec3(1.0), b / max(1.0 - s, 1e-5)), vec3(0.0), step(b, vec3(0.0)));
    if (mode == 7) return mix(1.0 - min(vec3(1.0), (1.0 - b) / max(s, 1e-5)), vec3(1.0), step(1.0, b));
    if (mode == 8) return mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), step(0.5, s));
    if (mode == 9) {
        vec3 d = mix(((16.0 * b - 12.0) * b + 4.0) * b, sqrt(max(b, 0.0)), step(0.25, b));
        return mix(b - (1.0 - 2.0 * s) * b * (1.0 - b), b + (2.0 * s - 1.0) * (d - b), step(0.5, s));
    }
    if (mode == 10) return abs(b - s);
    if (mode == 11) return b + s - 2.0 * b * s;
    if (mode == 12) return min(b + s, 1.0);
    if (mode == 13) return max(b - s, 0.0);
    if (mode == 14) return blend_with_light(blend_with_range(s, blend_range(b)), blend_light(b));
    if (mode == 15) return blend_with_light(blend_with_range(b, blend_range(s)), blend_light(b));
    if (mode == 16) return blend_with_light(s, blend_light(b));
    if (mode == 17) return blend_with_light(b, blend_light(s));
    return s;
}
vec4 blend(vec4 color, vec2 uv, sampler2D other, int mode, float opacity) {
    vec4 over = texture(other, uv);
    vec3 below = clamp(color.rgb, 0.0, 1.0);
    return vec4(mix(color.rgb, blend_mode(below, min(over.rgb / max(over.a, 1e-4), 1.0), mode), over.a * opacity), color.a);
}
