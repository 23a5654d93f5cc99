// kind: area
// category: effect
// label: Sharpen / 锐化
// param: amount number 0 2 0.5 / Amount / 强度
// identity: amount=0
// What a pixel differs from its four neighbours by, once more.
vec4 sharpen(sampler2D src, vec2 uv, vec2 texel, float amount) {
    vec4 color = texture(src, uv);
    vec3 around = texture(src, uv + vec2(texel.x, 0.0)).rgb + texture(src, uv - vec2(texel.x, 0.0)).rgb
        + texture(src, uv + vec2(0.0, texel.y)).rgb + texture(src, uv - vec2(0.0, texel.y)).rgb;
    return vec4(color.rgb + amount * (color.rgb - 0.25 * around), color.a);
}
