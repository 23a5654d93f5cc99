// kind: point
// category: colour
// label: Black and white / 黑白
// param: red number 0 1 0.3 / Red / 红
// param: green number 0 1 0.59 / Green / 绿
// param: blue number 0 1 0.11 / Blue / 蓝
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Grey, with as much of each primary as a colour filter in front of black-and-white film would let through.
vec4 black_and_white(vec4 color, vec2 uv, float red, float green, float blue, float amount) {
    vec3 weights = vec3(red, green, blue) / max(red + green + blue, 0.01);
    return vec4(mix(color.rgb, vec3(dot(color.rgb, weights)), amount), color.a);
}
