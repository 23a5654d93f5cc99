// kind: point
// category: colour
// label: Levels / 色阶
// param: black number 0 0.9 0 / Black in / 输入黑场
// param: white number 0.1 1 1 / White in / 输入白场
// param: middle number 0.3 3 1 / Middle / 中间调
// param: out_black number 0 1 0 / Black out / 输出黑场
// param: out_white number 0 1 1 / White out / 输出白场
// identity: black=0 white=1 middle=1 out_black=0 out_white=1
// What lies between two levels, spread between two others.
vec4 levels(vec4 color, vec2 uv, float black, float white, float middle, float out_black, float out_white) {
    vec3 share = clamp((color.rgb - black) / max(white - black, 0.01), 0.0, 1.0);
    return vec4(mix(vec3(out_black), vec3(out_white), pow(share, vec3(1.0 / middle))), color.a);
}
