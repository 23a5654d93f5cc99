// kind: point
// category: colour
// label: Exposure / 曝光
// param: stops number -3 3 0 / Stops / 档
// affine: rgb
// identity: stops=0
// As much more light as the stops say: a factor of 2^stops on light is one of 2^(stops / 2.2) on its code.
vec4 exposure(vec4 color, vec2 uv, float stops) {
    return vec4(color.rgb * exp2(stops / 2.2), color.a);
}
