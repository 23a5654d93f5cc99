// kind: point
// category: colour
// label: Colour matrix / 颜色矩阵
// param: rr number -2 2 1 / Red from red / 红取红
// param: rg number -2 2 0 / Red from green / 红取绿
// param: rb number -2 2 0 / Red from blue / 红取蓝
// param: r0 number -1 1 0 / Red offset / 红偏移
// param: gr number -2 2 0 / Green from red / 绿取红
// param: gg number -2 2 1 / Green from green / 绿取绿
// param: gb number -2 2 0 / Green from blue / 绿取蓝
// param: g0 number -1 1 0 / Green offset / 绿偏移
// param: br number -2 2 0 / Blue from red / 蓝取红
// param: bg number -2 2 0 / Blue from green / 蓝取绿
// param: bb number -2 2 1 / Blue from blue / 蓝取蓝
// param: b0 number -1 1 0 / Blue offset / 蓝偏移
// identity: rr=1 rg=0 rb=0 r0=0 gr=0 gg=1 gb=0 g0=0 br=0 bg=0 bb=1 b0=0
// Each primary as a sum of the three and a constant, written row by row.
vec4 colour_matrix(
    vec4 color, vec2 uv, float rr, float rg, float rb, float r0, float gr, float gg, float gb, float g0,
    float br, float bg, float bb, float b0
) {
    vec4 c = vec4(color.rgb, 1.0);
    return vec4(dot(c, vec4(rr, rg, rb, r0)), dot(c, vec4(gr, gg, gb, g0)), dot(c, vec4(br, bg, bb, b0)), color.a);
}
