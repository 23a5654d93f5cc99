// kind: point
// category: colour
// label: Red, green, blue / 红绿蓝
// param: red number 0 2 1 / Red / 红
// param: green number 0 2 1 / Green / 绿
// param: blue number 0 2 1 / Blue / 蓝
// affine: rgb
// identity: red=1 green=1 blue=1
// More or less of each primary.
vec4 rgb_gain(vec4 color, vec2 uv, float red, float green, float blue) {
    return vec4(color.rgb * vec3(red, green, blue), color.a);
}
