// kind: point
// category: colour
// label: Invert / 反相
// param: amount number 0 1 1 / Amount / 强度
// affine: rgb
// identity: amount=0
// The negative.
vec4 invert(vec4 color, vec2 uv, float amount) {
    return vec4(mix(color.rgb, 1.0 - color.rgb, amount), color.a);
}
