// kind: area
// category: effect
// label: Colour fringes / 色差
// param: amount number 0 20 6 / Amount / 强度
// identity: amount=0
// A lens that enlarges red more than blue: apart by the amount at the end of the shorter side, in pixels of 720.
vec4 chromatic_aberration(sampler2D src, vec2 uv, vec2 texel, float amount) {
    vec2 p = uv - 0.5;
    vec2 shift = p * amount / 360.0 * 0.5;
    vec4 color = texture(src, uv);
    float red = texture(src, uv - shift).r;
    float blue = texture(src, uv + shift).b;
    return vec4(red, color.g, blue, color.a);
}
