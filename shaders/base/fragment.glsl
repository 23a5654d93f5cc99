#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D u_src;
in vec2 v_uv;
out vec4 o_color;
