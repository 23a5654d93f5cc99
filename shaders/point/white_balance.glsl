// kind: point
// category: colour
// label: White balance / 白平衡
// param: temperature number -1 1 0 / Warmth / 色温
// param: tint number -1 1 0 / Tint / 色调
// affine: rgb
// identity: temperature=0 tint=0
// Warmer or colder, greener or pinker: one gain a primary, as von Kries adapts, with white as bright as it was.
vec4 white_balance(vec4 color, vec2 uv, float temperature, float tint) {
    vec3 gain = exp2(temperature * vec3(0.3, 0.0, -0.4) + tint * vec3(0.12, -0.18, 0.12));
    return vec4(color.rgb * gain / dot(gain, vec3(0.2126, 0.7152, 0.0722)), color.a);
}
