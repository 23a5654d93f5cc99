// kind: point
// category: colour
// label: Tone curve / 曲线
// param: curve curve / Curve / 曲线
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// identity: curve=none
// Each primary through its own curve: the table's red, green and blue.
vec4 tone_curve(vec4 color, vec2 uv, sampler2D curve, float amount) {
    vec3 at = clamp(color.rgb, 0.0, 1.0) * (255.0 / 256.0) + 0.5 / 256.0;
    float red = texture(curve, vec2(at.r, 0.5)).r;
    float green = texture(curve, vec2(at.g, 0.5)).g;
    float blue = texture(curve, vec2(at.b, 0.5)).b;
    return vec4(mix(color.rgb, vec3(red, green, blue), amount), color.a);
}
