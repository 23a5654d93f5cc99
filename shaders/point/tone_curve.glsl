// kind: point
// category: colour
// label: Tone curve / 曲线
// param: curve curve / Curve / 曲线
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// identity: curve=none
// Each primary through its own curve: the table's red, green and blue, the nearest of 1024 steps of it.
vec4 tone_curve(vec4 color, vec2 uv, sampler2D curve, float amount) {
    ivec3 at = ivec3(color.rgb * 1023.0 + 0.5);
    float red = texelFetch(curve, ivec2(at.r, 0), 0).r;
    float green = texelFetch(curve, ivec2(at.g, 0), 0).g;
    float blue = texelFetch(curve, ivec2(at.b, 0), 0).b;
    return vec4(mix(color.rgb, vec3(red, green, blue), amount), color.a);
}
