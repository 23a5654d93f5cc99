// kind: point
// category: colour
// label: Contrast / 对比度
// param: amount number -1 1 0 / Amount / 强度
// affine: rgb
// identity: amount=0
// Away from middle grey, or towards it.
vec4 contrast(vec4 color, vec2 uv, float amount) {
    return vec4((color.rgb - 0.5) * (1.0 + amount) + 0.5, color.a);
}
