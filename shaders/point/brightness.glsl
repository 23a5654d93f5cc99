// kind: point
// category: colour
// label: Brightness / 亮度
// param: amount number -1 1 0 / Amount / 强度
// affine: rgb
// identity: amount=0
// Every colour lighter or darker by the same amount.
vec4 brightness(vec4 color, vec2 uv, float amount) {
    return vec4(color.rgb + amount, color.a);
}
